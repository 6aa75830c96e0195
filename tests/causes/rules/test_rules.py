"""A rule that no engine made stops the packet."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import PortBinding
from hairpin.host.managers import ConfigFile, Ufw, Version
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.xfrm import LAST, XfrmPolicy
from hairpin.netfilter import ir
from hairpin.netfilter.address import Prefix
from hairpin.netfilter.iptables import save as iptables
from hairpin.netfilter.packet import TCP
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_prefix
from hairpin.remedy.decisions import decision_undone
from hairpin.remedy.plan import remedies
from tests.causes.case import Case
from tests.causes.firewall_hosts import GUARDED, OUTSIDE, UFW_CLOSED, first_remedy, with_inner
from tests.causes.hosts import asked, ruled, told, with_host, with_link, with_tables
from tests.rule_text import ALL_RULES, in_table, with_chain, with_policy, with_rule, without
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_NETNS,
    WEB,
    WEB_ITSELF,
    container,
    egress,
    host_namespace,
    network,
    published,
)
from tests.whole import thinned_rows

SSH = asked(OUTSIDE, "198.51.100.11", 22)
SSHD = Socket("tcp", 4, None, 22, process="sshd")


def allowing(*rules: str) -> Network:
    """Return the host with these rules, in this order, in DOCKER-USER."""
    text = DOCKER_RULES
    for each in reversed(rules):
        text = with_rule("filter DOCKER-USER", each, text)
    return ruled(text)


def legacy(rule: str, policy: str = "ACCEPT") -> Network:
    """Return the host with a rule in the back end that ``iptables`` does not show."""
    text = f"*filter\n:FORWARD {policy} [0:0]\n-A FORWARD {rule}\nCOMMIT\n"
    return with_tables(*iptables.parse(text, family="ip", dialect="iptables-legacy", source="test"))


def with_sshd(rules: str) -> Network:
    """Return the host with a service of its own on port 22."""
    return network(host_namespace(rules, sockets=(SSHD,)))


def narrow(rules: str) -> Network:
    """Return the host whose uplink takes 1400 bytes, and its containers' links 1500."""
    return network(with_link(host_namespace(rules), "eth0", mtu_bytes=1400))


FULL_SIZED = msgspec.structs.replace(published(), data_bytes=16000)
UNLED = without("--to-destination")


def grouped(eth0: str, docker0: str = "default") -> Network:
    """Return the host whose DOCKER-USER lets in only what comes by an interface of group 7, with these groups."""
    rules = with_rule("filter DOCKER-USER", "-o docker0 -m devgroup ! --src-group 0x7 -m state --state NEW -j DROP")
    host = with_link(host_namespace(rules), "eth0", group=eth0)
    return network(with_link(host, "docker0", group=docker0))


def with_ipsec(*, blocks: bool, priority: int = 9) -> Network:
    """Return the host with a policy of IPsec for answers to the client."""
    to_client = Prefix(4, CLIENT & 0xFFFFFF00, 24)
    policy = XfrmPolicy("out", Prefix(4, 0, 0), to_client, blocks=blocks, priority=priority, text="dir out")
    return network(msgspec.structs.replace(host_namespace(), xfrm_policies=(policy,)))


CASES: dict[str, Case] = {
    "a ban list holds the client": Case(
        ruled(with_chain("f2b-web", "-s 192.0.2.10/32 -j REJECT")), published(),
        ("ban-list-hits-client-or-container",), ruled(with_chain("f2b-web", "-s 192.0.2.99/32 -j REJECT")),
    ),
    "the container's own rules": Case(
        with_inner("*filter\n:INPUT DROP [0:0]\nCOMMIT\n"), published(), ("container-own-firewall",),
        with_inner("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 80 -j ACCEPT\nCOMMIT\n"),
    ),
    "a rule typed into the engine's own chain": Case(
        ruled(with_rule("filter DOCKER", "-p tcp -j DROP")), published(), ("reject-rule-before-docker",),
        ruled(with_rule("filter DOCKER", "-p udp -j DROP")),
    ),
    "an allow rule for the published port behind its translation": Case(
        allowing("-p tcp -m tcp --dport 8151 -j RETURN", "-i eth0 -j DROP"), published(),
        ("allow-rule-lets-nobody-in",), allowing("-p tcp -m tcp --dport 80 -j RETURN", "-i eth0 -j DROP"),
    ),
    "an allow rule behind the rule that stops all": Case(
        allowing("-i eth0 -j DROP", "-p tcp -m tcp --dport 80 -j RETURN"), published(), ("allow-rule-lets-nobody-in",),
    ),
    "an allow rule for an address that nobody has": Case(
        allowing("-d 172.17.0.9/32 -j RETURN", "-i eth0 -j DROP"), published(), ("allow-rule-lets-nobody-in",),
    ),
    "an allow rule for the address that the host had": Case(
        allowing("-m conntrack --ctorigdst 198.51.100.12 -j RETURN", "-i eth0 -j DROP"), published(),
        ("allow-rule-lets-nobody-in",), allowing("-m conntrack --ctorigdst 198.51.100.11 -j RETURN", "-i eth0 -j DROP"),
    ),
    "an allow rule for the published port at the container's address": Case(
        allowing("-d 172.17.0.2/32 -p tcp -m tcp --dport 8151 -j RETURN", "-i eth0 -j DROP"), published(),
        ("allow-rule-lets-nobody-in",),
        allowing("-d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j RETURN", "-i eth0 -j DROP"),
    ),
    "an allow rule for a NIC that is gone": Case(
        allowing("-i ens18 -p tcp -m tcp --dport 80 -j RETURN", "! -i docker0 -j DROP"), published(),
        ("allow-rule-lets-nobody-in",),
        allowing("-i eth0 -p tcp -m tcp --dport 80 -j RETURN", "! -i docker0 -j DROP"),
    ),
    "an allow rule for a tunnel that is gone": Case(
        allowing("-i wg0 -p tcp -m tcp --dport 80 -j RETURN", "! -i docker0 -j DROP"), published(),
        ("docker-user-drops",),
    ),
    "an allow rule for another port": Case(
        allowing("-p tcp -m tcp --dport 8152 -j RETURN", "-i eth0 -j DROP"), published(), ("docker-user-drops",),
    ),
    "an allow rule behind a ban": Case(
        allowing("-s 192.0.2.10/32 -j DROP", "-s 192.0.2.0/24 -j RETURN"), published(), ("docker-user-drops",),
    ),
    "a rule in DOCKER-USER": Case(
        ruled(with_rule("filter DOCKER-USER", "-i eth0 -j DROP")), published(), ("docker-user-drops",),
        ruled(with_rule("filter DOCKER-USER", "-i eth1 -j DROP")),
    ),
    "a rule for an interface group that no interface is in": Case(
        grouped("default"), published(), ("interface-not-in-group",), grouped("7"),
    ),
    "a rule for an interface group that another interface is in": Case(
        grouped("default", docker0="7"), published(), ("docker-user-drops",), grouped("7", docker0="7"),
    ),
    "a policy of IPsec": Case(with_ipsec(blocks=True), published(), ("xfrm-policy-blocks",), with_ipsec(blocks=False)),
    "the default of IPsec": Case(
        with_ipsec(blocks=True, priority=LAST), published(), ("xfrm-policy-blocks",), with_ipsec(blocks=False),
    ),
    "a rule drops it, whatever dockerd's option is": Case(
        network(host_namespace(with_rule("filter INPUT", "-i eth0 -j DROP", UNLED)), docker=told(iptables=False)),
        published(), ("input-chain-drops-proxied-traffic",), network(docker=told(iptables=False)),
    ),
    "INPUT closes the way to docker-proxy": Case(
        ruled(with_rule("filter INPUT", "-i docker0 -j DROP")), published(WEB_ITSELF),
        ("input-chain-drops-proxied-traffic",), ruled(with_rule("filter INPUT", "-i eth0 -j DROP")),
    ),
    "INPUT closes a service of the host": Case(
        with_sshd(with_rule("filter INPUT", "-p tcp --dport 22 -j DROP")), SSH, ("input-drops-host-service",),
        with_sshd(with_rule("filter INPUT", "-p tcp --dport 23 -j DROP")),
    ),
    "a TTL that ends here": Case(
        ruled(in_table("mangle", "PREROUTING", "-i eth0 -j TTL --ttl-set 1")), published(),
        ("mangle-drops-or-marks",), ruled(in_table("mangle", "PREROUTING", "-i eth0 -j TTL --ttl-set 2")),
    ),
    "a TTL that ends here, of replies": Case(
        ruled(in_table("mangle", "PREROUTING", "-i docker0 -j TTL --ttl-set 1")), published(),
        ("mangle-drops-or-marks",), ruled(in_table("mangle", "FORWARD", "-i docker0 -j TTL --ttl-set 1")),
    ),
    "a rule in mangle": Case(
        ruled(in_table("mangle", "FORWARD", "-i eth0 -j DROP")), published(), ("mangle-drops-or-marks",),
        ruled(in_table("mangle", "FORWARD", "-i eth1 -j DROP")),
    ),
    "OUTPUT drops the ICMP message of a smaller MTU": Case(
        narrow(with_rule("filter OUTPUT", "-p icmp -j DROP")), FULL_SIZED, ("pmtud-icmp-blocked",),
        narrow(with_rule("filter OUTPUT", "-p icmp -m icmp --icmp-type 8 -j DROP")),
    ),
    "its policy does": Case(
        narrow(with_policy("OUTPUT", "DROP")), FULL_SIZED, ("pmtud-icmp-blocked",),
        network(host_namespace(with_policy("OUTPUT", "DROP"))),
    ),
    "the same rule, which an older Docker does not make": Case(
        ruled(GUARDED), asked(OUTSIDE, "172.17.0.2", 80), ("mangle-drops-or-marks",), ruled(ALL_RULES)
    ),
    "a rule in front of Docker's": Case(
        ruled(with_rule("filter FORWARD", "-j REJECT --reject-with icmp-host-prohibited")), published(),
        ("reject-rule-before-docker",),
    ),
    "another product's chain": Case(
        ruled(with_chain("ts-forward", "-o docker0 -j DROP")), published(), ("third-party-forward-chain-drops",),
        ruled(with_chain("ts-forward", "-o tailscale0 -j DROP")),
    ),
    "the other back end": Case(
        legacy("-o docker0 -j DROP"), published(), ("two-iptables-backends-in-use",), legacy("-o br-9 -j DROP"),
    ),
    "the other back end's policy, which is not ufw's": Case(
        with_host(legacy("-o br-9 -j DROP", "DROP"), ufw=UFW_CLOSED), published(), ("two-iptables-backends-in-use",),
        with_host(legacy("-o br-9 -j DROP"), ufw=UFW_CLOSED),
    ),
    "ufw": Case(
        ruled(with_chain("ufw-reject-forward", "-j REJECT")), published(), ("ufw-forward-policy",),
        ruled(with_chain("ufw-reject-forward", "-j RETURN")),
    ),
}  # fmt: skip

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "a TTL of 1 that is set after the kernel checked it": (
        ruled(in_table("mangle", "FORWARD", "-i eth0 -j TTL --ttl-set 1")), published(),
    ),
}  # fmt: skip


def test_a_rule_that_drops_is_named_as_that_rule_and_not_as_the_policy_behind_it() -> None:
    nothing_accepts = without("-A DOCKER -d", rules=ALL_RULES)
    dropped = network(
        host_namespace(with_rule("filter FORWARD", "-i eth0 -j DROP", nothing_accepts)), docker=told(iptables=False)
    )
    assert first_remedy(dropped, published())[0] == "reject-rule-before-docker"


def test_a_ban_is_lifted_by_its_tool_if_that_is_here() -> None:
    banned = ruled(with_chain("f2b-web", "-s 192.0.2.10/32 -j REJECT"))
    assert first_remedy(banned, published())[1].id == "delete-rule"
    of_docker = ruled(
        with_chain("f2b-web", "-s 192.0.2.10/32 -j REJECT", "-s 192.0.2.99/32 -j REJECT", hook="DOCKER-USER",
                   rules=ALL_RULES)
    )  # fmt: skip
    suspect = diagnose(of_docker, published()).causes[0]
    commands = {command for each in remedies(suspect.cause, suspect.candidate, of_docker) for command in each.commands}
    assert "iptables -D f2b-web -s 192.0.2.10/32 -j REJECT" in commands
    assert all("-s 192.0.2.10" in each for each in commands)  # the other bans stay
    with_tool = with_host(banned, versions=(Version("package:fail2ban", "1.0.2"),))
    assert first_remedy(with_tool, published())[1].commands == ("fail2ban-client set web unbanip 192.0.2.10",)


def test_a_policy_of_raw_is_set_back_before_a_hole_is_made() -> None:
    closed = ruled(f"*raw\n:PREROUTING DROP [0:0]\nCOMMIT\n{DOCKER_RULES}")
    causes = diagnose(closed, published()).causes
    found = [remedies(suspect.cause, suspect.candidate, closed) for suspect in causes]
    assert {command for back, *_ in found for command in back.commands} == {"iptables -t raw -P PREROUTING ACCEPT"}
    holes = [command for _, hole, *_ in found for command in hole.commands]
    assert [command.rpartition(" -I ")[2] for command in holes] == ["PREROUTING -i eth0 -p tcp --dport 8151 -j ACCEPT"]


@pytest.mark.parametrize("address", ("198.51.100.11", "127.0.0.1"))
def test_one_hole_in_output_is_for_a_published_port_and_for_the_containers_own_address(address: str) -> None:
    """OUTPUT sees a packet to a published port on its old link, lo."""
    closed = ruled(with_rule("filter OUTPUT", "! -o eth0 -m addrtype ! --dst-type LOCAL -j REJECT"))
    flow = published(FromHost(), address)
    found = [each for s in diagnose(closed, flow).causes for each in remedies(s.cause, s.candidate, closed)]
    holes = [command for each in found for command in each.commands if " -I OUTPUT" in command]
    assert [each.rpartition(" -I ")[2] for each in holes] == ["OUTPUT -d 172.17.0.0/16 -p tcp --dport 80 -j ACCEPT"]


def asking_set(rule: str, *elements: str) -> Network:
    """Return the host with a rule in raw that asks the ipset ``bad``."""
    parts = (parse_prefix(each) for each in elements)
    keys = (ir.NumberKey(base, base + (1 << 32 - length) - 1) for _, base, length in parts)
    bad = ir.Set("bad", "hash:net", tuple(ir.Element((each,)) for each in keys))
    text = in_table("raw", "PREROUTING", rule)
    tables = iptables.parse(text, family="ip", dialect="iptables-nft", source="test", evidence="e1", ipsets=(bad,))
    return network(msgspec.structs.replace(host_namespace(), ruleset=ir.Ruleset(tables, (bad,))))


ALONE: dict[str, tuple[Network, str]] = {
    "a set that holds others, too": (
        asking_set("-m set --match-set bad src -j DROP", "192.0.2.0/25", "203.0.113.7/32"),
        "-I PREROUTING -s 192.0.2.10 -j RETURN",
    ),
    "a set of those that may pass": (
        asking_set("-i eth0 -m set ! --match-set bad src -j DROP", "203.0.113.7/32"),
        "-D PREROUTING -i eth0 -m set ! --match-set bad src -j DROP",
    ),
    "a rule of its own": (
        ruled(in_table("raw", "PREROUTING", "-s 192.0.2.10/32 -j DROP")), "-D PREROUTING -s 192.0.2.10/32 -j DROP",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "command"), ALONE.values(), ids=ALONE)
def test_what_a_set_drops_besides_stays_dropped(whole: Network, command: str) -> None:
    """Without the rule, everybody whom the set holds would come in."""
    cause, remedy = first_remedy(whole, published())
    assert (cause, remedy.commands[0].rpartition("-t raw ")[2]) == ("mangle-drops-or-marks", command)


def test_a_client_that_hairpin_made_up_gets_no_rule_of_its_own() -> None:
    nobody_named = msgspec.structs.replace(published(), invented=True)
    whole = asking_set("-m set --match-set bad src -j DROP", "0.0.0.0/1", "128.0.0.0/1")
    assert first_remedy(whole, nobody_named)[1].commands[0].endswith("-D PREROUTING -m set --match-set bad src -j DROP")


def test_where_ufw_keeps_the_rules_its_own_command_lets_the_port_in() -> None:
    closed = with_sshd(with_policy("INPUT", "DROP", with_chain("ufw-user-input", hook="INPUT")))
    with_ufw = with_host(closed, ufw=Ufw(enabled=True))
    assert first_remedy(with_ufw, SSH)[1].commands == ("ufw allow 22/tcp",)
    text = "*filter\n:ufw-user-input - [0:0]\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"
    kept = with_host(with_ufw, files=(ConfigFile("/etc/ufw/user.rules", text),))
    _, lost = first_remedy(kept, SSH)
    assert (lost.commands, lost.keeping) == (("ufw reload",), ())
    (plain,) = first_remedy(closed, SSH)[1].commands
    assert plain.endswith("iptables -I INPUT -i eth0 -p tcp --dport 22 -j ACCEPT")
    unled = with_sshd(with_policy("INPUT", "DROP", with_chain("ufw-user-input", hook=None)))
    assert first_remedy(with_host(unled, ufw=Ufw(enabled=True)), SSH)[1].commands == (plain,)
    denied = with_sshd(with_chain("ufw-user-input", "-p tcp --dport 22 -j DROP", hook="INPUT"))
    assert first_remedy(with_host(denied, ufw=Ufw(enabled=True)), SSH)[1].commands == ("ufw allow 22/tcp",)
    wider = with_sshd(with_chain("ufw-user-input", "-s 0.0.0.0/1 -j DROP", "-s 128.0.0.0/1 -j DROP", hook="INPUT"))
    assert first_remedy(with_host(wider, ufw=Ufw(enabled=True)), SSH)[1].commands == ("ufw prepend allow 22/tcp",)
    wider = with_sshd(
        with_chain(
            "ufw-user-input", "-s 0.0.0.0/1 -j DROP", "-s 128.0.0.0/1 -j DROP", "-p tcp --dport 22 -j ACCEPT",
            hook="INPUT",
        )
    )  # fmt: skip
    moved = ("ufw delete allow 22/tcp", "ufw prepend allow 22/tcp")
    assert first_remedy(with_host(wider, ufw=Ufw(enabled=True)), SSH)[1].commands == moved


def in_user_chain(first: str, second: str) -> str:
    return with_rule("filter DOCKER-USER", first, with_rule("filter DOCKER-USER", second))


def test_a_program_that_asks_ufws_users_first_is_repaired_by_ufw() -> None:
    """ufw-docker's block in after.rules: a rule in DOCKER-USER would be gone after the next ``ufw reload``."""
    block = ("-j ufw-user-forward", "-i eth0 -j DROP")
    rules = with_chain("ufw-user-forward", hook=None, rules=in_user_chain(*block))
    lines = "".join(f"-A DOCKER-USER {each}\n" for each in block)
    saved = f"*filter\n:ufw-user-forward - [0:0]\n:DOCKER-USER - [0:0]\n{lines}COMMIT\n"
    file = ConfigFile("/etc/ufw/after.rules", saved)
    blocked = with_host(ruled(rules), ufw=Ufw(enabled=True), files=(file,))
    cause, remedy = first_remedy(blocked, published())
    assert (cause, remedy.commands) == (
        "docker-user-drops", ("ufw route allow in on eth0 out on docker0 to any port 80 proto tcp",)
    )  # fmt: skip
    beside = msgspec.structs.replace(container(), id="d" * 64, name="beside", bindings=(PortBinding("tcp", 80, 9000),))
    (end,) = beside.endpoints
    beside = msgspec.structs.replace(beside, endpoints=(msgspec.structs.replace(end, ipv4=WEB + 1),), netns=None)
    (engine,) = blocked.this.engines
    two = with_host(blocked, engines=(msgspec.structs.replace(engine, containers=(*engine.containers, beside)),))
    assert first_remedy(two, published())[1].commands == (
        "ufw route allow in on eth0 out on docker0 to 172.17.0.2 port 80 proto tcp",
    )
    before = with_chain("ufw-user-forward", hook=None, rules=in_user_chain(*block[::-1]))
    assert first_remedy(with_host(ruled(before), ufw=Ufw(enabled=True), files=(file,)), published())[1].commands != (
        remedy.commands
    )


def test_what_is_mended_is_typed_as_nft_lists_it() -> None:
    tcp, port = ir.FieldMatch("protocol", ((TCP, TCP),)), ir.FieldMatch("dport", ((8151, 8151),))
    client = ir.FieldMatch("saddr4", ((CLIENT, CLIENT),))
    allow = ir.Rule((ir.FieldMatch("nfproto", ((2, 2),)), tcp, client, port, ir.Verdict("accept")), "allow", 1)
    drop = ir.Rule((ir.NameMatch("iif", ("eth0",)), ir.Verdict("drop")), "drop", 2)
    own = ir.Table("inet", "corp", "nft", (ir.Chain("perimeter", (allow, drop), "forward", policy="accept"),))
    cause, remedy = first_remedy(with_tables(own), published())
    assert cause == "allow-rule-lets-nobody-in"
    words = "meta l4proto tcp ip saddr 192.0.2.10 ct original proto-dst 8151 ct direction original accept"
    assert words in remedy.commands[0]


@pytest.mark.parametrize(("port", "is_told"), ((8151, True), (8152, False)))
def test_a_rule_of_ufw_for_the_published_port_is_told(port: int, is_told: bool) -> None:
    block = ("-j ufw-user-forward", "-i eth0 -j DROP")
    allowed = f"-d 172.17.0.2/32 -p tcp -m tcp --dport {port} -j ACCEPT"
    rules = with_chain("ufw-user-forward", allowed, hook=None, rules=in_user_chain(*block))
    (found,) = diagnose(with_host(ruled(rules), ufw=Ufw(enabled=True)), published()).causes
    told = f"ufw's rule `-A ufw-user-forward {allowed}` is for port 8151 and never matches, because after DNAT the port"
    assert (told in str(found.candidate.detail)) is is_told


OWN_NETWORK = "-i docker0 -s 172.17.0.0/16 -j ACCEPT"
NO_SYN = "-i docker0 -p tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT"
FORGED: dict[str, tuple[str, str]] = {
    "a wider range on every link": ("-s 172.16.0.0/12 -j DROP", OWN_NETWORK),
    "the network itself": ("-s 172.17.0.0/16 -j DROP", "-s 172.17.0.0/16 -j DROP"),
    "a wider range on the bridge": ("-s 172.16.0.0/12 -i docker0 -j DROP", "-s 172.16.0.0/12 -i docker0 -j DROP"),
    "a wider range to one port": ("-s 172.16.0.0/12 -p tcp --sport 80 -j DROP", NO_SYN),
}


@pytest.mark.parametrize(("rule", "repair"), FORGED.values(), ids=FORGED)
def test_a_rule_against_forged_sources_gets_an_exception_for_the_networks_own_bridge(rule: str, repair: str) -> None:
    (found,) = diagnose(ruled(in_table("raw", "PREROUTING", rule)), published()).causes
    assert found.cause == "mangle-drops-or-marks"
    printed = remedies(found.cause, found.candidate, ruled(in_table("raw", "PREROUTING", rule)))
    commands = [command for each in printed for command in each.commands]
    assert any(command.endswith(repair) for command in commands), commands
    assert any(command.endswith(OWN_NETWORK) for command in commands) is (repair == OWN_NETWORK)


LISTED: dict[str, tuple[tuple[str, ...], bool]] = {
    "a wider range": (("203.0.113.0/24", "172.16.0.0/12"), True),
    "the address alone": (("203.0.113.0/24", "172.17.0.2/32"), False),
    "the network itself": (("172.17.0.0/16",), False),
}


@pytest.mark.parametrize(("held", "is_wider"), LISTED.values(), ids=LISTED)
def test_a_list_of_sources_that_has_the_containers_networks_is_like_such_a_rule(
    held: tuple[str, ...], *, is_wider: bool
) -> None:
    ranges = [(network, network | ((1 << 32 - length) - 1)) for _, network, length in map(parse_prefix, held)]
    bans = ir.Set("bogons", "hash:net", tuple(ir.Element((ir.NumberKey(*each),)) for each in ranges))
    listed = "-A PREROUTING -m set --match-set bogons src -j DROP"
    rule = ir.Rule((ir.SetMatch("bogons", ("saddr4",)), ir.Verdict("drop")), listed, 1)
    first = ir.Chain("PREROUTING", (rule,), "prerouting", "filter", -300, "accept")
    whole = with_tables(ir.Table("ip", "raw", "iptables-nft", (first,)))
    outer = whole.namespace(HOST_NETNS)
    ruleset = msgspec.structs.replace(outer.ruleset, ipsets=(bans,))
    host = whole.with_namespace(HOST_NETNS, msgspec.structs.replace(outer, ruleset=ruleset))
    (found,) = diagnose(host, published()).causes
    printed = remedies(found.cause, found.candidate, host)
    commands = [command for each in printed for command in each.commands]
    assert any(command.endswith(OWN_NETWORK) for command in commands) is is_wider, commands


def test_a_policy_of_ipsec_is_deleted_only_by_choice() -> None:
    of = with_ipsec(blocks=True)
    (found,) = diagnose(of, published()).causes
    printed, *_ = remedies(found.cause, found.candidate, of)
    assert decision_undone(printed.change, of) is not None


TPROXY = "-p tcp -j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1"
TO_PROXY: dict[str, tuple[bool, bool, tuple[str, ...]]] = {
    "no proxy, no route": (False, False, ("start the proxy",)),
    "no route": (True, False, ("deliver packets with the mark 0x1 to the host itself",)),
    "no proxy": (False, True, ("start the proxy",)),
    "nothing lacks": (True, True, ()),
}


@pytest.mark.parametrize(("listens", "routed", "expected"), thinned_rows(TO_PROXY.values(), 2), ids=TO_PROXY)
def test_a_rule_with_tproxy_stays_and_is_told_what_it_lacks(
    listens: bool, routed: bool, expected: tuple[str, ...]
) -> None:
    there = host_namespace(in_table("mangle", "PREROUTING", TPROXY))
    if listens:
        there = msgspec.structs.replace(there, sockets=(*there.sockets, Socket("tcp", 4, None, 3129)))
    if routed:
        everywhere = Route(4, 0, 0, 100, "local", next_hops=(NextHop("lo"),))
        rules = (
            PolicyRule(4, 0, table=255), PolicyRule(4, 100, table=100, mark=(1, 1)), PolicyRule(4, 32766, table=254),
        )  # fmt: skip
        there = msgspec.structs.replace(there, routes=(*there.routes, everywhere), rules=rules)
    causes = diagnose(network(there), egress()).causes
    assert not any(each.candidate.offered for each in causes)
    said = [str(way.said[0]) for each in causes for way in each.candidate.ways]
    assert tuple(each.split(",")[0].split(":")[0] for each in said) == expected
