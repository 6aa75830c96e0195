"""A rule that no engine made stops the packet."""

from typing import Literal

import msgspec
import pytest

from hairpin.change.calls import BindInterface, TrustSource
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import DockerNetwork, Endpoint, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.host.managers import ConfigFile, Ufw, Version
from hairpin.host.socket import Socket
from hairpin.netfilter import ir
from hairpin.netfilter.ebtables import save as ebtables
from hairpin.netfilter.iptables import save as iptables
from hairpin.netfilter.packet import TCP, UDP, Connection, Tuple
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import (
    FROM_DB,
    asked,
    proxy_off,
    relayed_udp,
    ruled,
    switched,
    told,
    with_db,
    with_host,
    with_link,
    with_tables,
    zoned,
)
from tests.podman_host import RULES as PODMANS
from tests.podman_host import with_podman
from tests.rule_text import ALL_RULES, PROXY_OFF_RULES, STAGE_1, in_table, with_chain, with_policy, with_rule, without
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_NETNS,
    WEB_ITSELF,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
    route,
    ruleset,
)

OUTSIDE = Outside(CLIENT)
TO_WEB = asked(FROM_DB, "172.17.0.2", 80)
GUARDED = in_table("raw", "PREROUTING", "-d 172.17.0.2/32 ! -i docker0 -j DROP")
SSH = asked(OUTSIDE, "198.51.100.11", 22)
SSHD = Socket("tcp", 4, None, 22, process="sshd")


def with_inner(rules: str) -> Network:
    """Return the host whose container has rules of its own."""
    return network(inner=msgspec.structs.replace(container_namespace(), ruleset=ruleset(rules)))


def bridge_rules(rule: str) -> Network:
    """Return the host with an ebtables rule for what the host sends into its bridges."""
    text = f"*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A OUTPUT {rule}\n"
    return with_tables(*ebtables.parse(text, source="test"))


def nft_policy(policy: Literal["accept", "drop"]) -> Network:
    """Return the host with another nftables table, whose forward chain has that policy and no rule."""
    chain = ir.Chain("forward", (), "forward", policy=policy)
    return with_tables(ir.Table("inet", "own", "nft", (chain,)))


def panicking(name: str, hook: ir.Hook) -> Network:
    """Return the host with a chain of the table by which firewalld stops all packets."""
    chain = ir.Chain(name, (), hook, priority=-301 if hook == "prerouting" else -1, policy="drop")
    return with_tables(ir.Table("inet", "firewalld_policy_drop", "nft", (chain,)))


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


def kept_apart(*, icc: bool) -> Network:
    """Return the host, whose FORWARD is open, with two containers on a network with that setting of ``enable_icc``."""
    let_talk, kept = "-A FORWARD -i docker0 -o docker0 -j ACCEPT", "-A FORWARD -i docker0 -o docker0 -j DROP"
    open_rules = with_policy("FORWARD", "ACCEPT", ALL_RULES)
    host = host_namespace(open_rules if icc else open_rules.replace(let_talk, kept))
    host = msgspec.structs.replace(
        host, sysctls=host.sysctls.with_value(("net", "bridge", "bridge-nf-call-iptables"), "1")
    )
    option = ("com.docker.network.bridge.enable_icc", "true" if icc else "false")
    described = told()
    made_so = msgspec.structs.replace(described.networks[0], options=(option,))
    return with_db(host, docker=msgspec.structs.replace(described, networks=(made_so,)))


TO_OUTSIDE = "-p tcp --dport 8151 -j DNAT --to-destination 203.0.113.50:80"
UFW_CLOSED = Ufw(enabled=True, default_forward_policy="DROP")
RELAYED = asked(FromHost(), "127.0.0.1", 5353, "udp")


SHUT = ConfigFile("/etc/iptables/rules.v4", "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n")
SHADOWING = with_rule("nat POSTROUTING", "-p udp -j SNAT --to-source 192.0.2.99")
LOOPBACK, ELSEWHERE = parse_address("127.0.0.1")[1], parse_address("192.0.2.99")[1]
LED = Connection(
    4, Tuple(LOOPBACK, LOOPBACK, UDP, 21096, 5353), Tuple(LOOPBACK, ELSEWHERE, UDP, 5353, 21096),
    ir.STATUS_CONFIRMED, live=True, evidence="e9",
)  # fmt: skip


def relaying(rules: str, *entries: Connection) -> Network:
    """Return the host whose docker-proxy relays 5353/udp, with these rules, and entries in its connection table."""
    whole = relayed_udp("20.10.24")
    host = whole.namespace(HOST_NETNS)
    ruled_host = msgspec.structs.replace(host, ruleset=ruleset(rules), connections=entries)
    return whole.with_namespace(HOST_NETNS, ruled_host)


DIRECT = asked(OUTSIDE, "172.17.0.2", 80)
UNLED = without("--to-destination")
MAKES_NO_RULES = msgspec.structs.replace(engine(msgspec.structs.replace(container(), bindings=())), iptables=False)

CASES: dict[str, Case] = {
    "a ban list holds the client": Case(
        ruled(with_chain("f2b-web", "-s 192.0.2.10/32 -j REJECT")), published(),
        ("ban-list-hits-client-or-container",), ruled(with_chain("f2b-web", "-s 192.0.2.99/32 -j REJECT")),
    ),
    "the container's own rules": Case(
        with_inner("*filter\n:INPUT DROP [0:0]\nCOMMIT\n"), published(), ("container-own-firewall",),
        with_inner("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 80 -j ACCEPT\nCOMMIT\n"),
    ),
    "translated to another port of the container": Case(
        ruled(with_rule("nat PREROUTING", "-p tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:81")),
        msgspec.structs.replace(published(), container="web"), ("dnat-rule-shadowed",),
        ruled(with_rule("nat PREROUTING", "-p tcp --dport 8152 -j DNAT --to-destination 172.17.0.2:81")),
    ),
    "translated inside the container to a port of nothing": Case(
        with_inner("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 81\nCOMMIT\n"),
        published(), ("dnat-rule-shadowed",),
        with_inner("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j REDIRECT --to-ports 81\nCOMMIT\n"),
    ),
    "a program's own chain inside the container leads to a port that nothing has": Case(
        with_inner(
            "*nat\n:PREROUTING ACCEPT [0:0]\n:PROXY - [0:0]\n-A PREROUTING -p tcp -j PROXY\n"
            "-A PROXY -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n"
        ),
        published(), ("service-not-listening",),
    ),
    "translated to a machine outside": Case(
        ruled(with_policy("FORWARD", "ACCEPT", with_rule("nat PREROUTING", TO_OUTSIDE))),
        msgspec.structs.replace(published(), container="web"), ("dnat-rule-shadowed",),
        ruled(with_policy("FORWARD", "ACCEPT", with_rule("nat PREROUTING", TO_OUTSIDE.replace("8151", "8152")))),
    ),
    "a transparent proxy that is gone": Case(
        ruled(with_rule("nat PREROUTING", "-i docker0 -p tcp --dport 443 -j REDIRECT --to-ports 3128")), egress(),
        ("dnat-rule-shadowed",),
    ),
    "a rule typed into the engine's own chain": Case(
        ruled(with_rule("filter DOCKER", "-p tcp -j DROP")), published(), ("reject-rule-before-docker",),
        ruled(with_rule("filter DOCKER", "-p udp -j DROP")),
    ),
    "firewalld's panic mode": Case(
        panicking("raw_prerouting", "prerouting"), published(), ("firewalld-panic-mode",),
    ),
    "firewalld without its rules": Case(
        panicking("filter_forward", "forward"), published(), ("firewalld-panic-mode",),
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
    "the policy that dockerd set, beside Podman": Case(
        with_podman(with_policy("FORWARD", "DROP", PODMANS), engine()), published(),
        ("podman-beside-docker-forward-drop",), with_podman(PODMANS, engine()),
    ),
    "the policy that dockerd set before it ended, beside Podman": Case(
        with_podman(
            with_policy("FORWARD", "DROP", with_chain("DOCKER", rules=PODMANS)),
            msgspec.structs.replace(engine(), running=False),
        ),
        published(), ("podman-beside-docker-forward-drop",),
    ),
    "somebody else's policy, beside Podman": Case(
        with_podman(with_policy("FORWARD", "DROP", with_chain("DOCKER-USER", rules=PODMANS))), published(),
        ("forward-policy-drop",),
    ),
    "the policy that dockerd set before its nftables back end": Case(
        switched("DROP"), published(), ("iptables-policy-left-drop-after-nftables-switch",), switched("ACCEPT"),
    ),
    "the same, and a container asks": Case(
        switched("DROP"), egress(), ("iptables-policy-left-drop-after-nftables-switch",), switched("ACCEPT"),
    ),
    "a policy that the nftables back end has met, and its old one has never set": Case(
        switched("DROP", left=False), published(), ("forward-policy-drop",), switched("ACCEPT", left=False),
    ),
    "a policy of the saved rules, beside the nftables back end": Case(
        with_host(switched("DROP"), files=(SHUT,)), published(), ("forward-policy-drop",), switched("ACCEPT"),
    ),
    "a rule of ebtables": Case(
        bridge_rules("-p IPv4 -o veth1 -j DROP"), published(), ("ebtables-drops",),
        bridge_rules("-p IPv6 -o veth1 -j DROP"),
    ),
    "a rule of ebtables that drops ARP": Case(
        bridge_rules("-p ARP -o veth1 -j DROP"), published(), ("ebtables-drops",),
        bridge_rules("-p ARP -o veth9 -j DROP"),
    ),
    "the bridge is in another zone of firewalld's": Case(
        zoned("public"), egress(), ("firewalld-bridge-in-wrong-zone",),
    ),
    "firewalld keeps zones apart": Case(zoned("docker"), egress(), ("firewalld-zone-blocks-port",)),
    "the policy closes what nothing accepts": Case(
        network(host_namespace(without("-A DOCKER -d")), docker=told(version="a build")), published(),
        ("forward-policy-drop",), network(docker=told(version="a build")),
    ),
    "the policy closes what dockerd would not open, were its option another": Case(
        network(host_namespace(without("-A DOCKER -d", "--to-destination")), docker=MAKES_NO_RULES), DIRECT,
        ("forward-policy-drop",), network(docker=MAKES_NO_RULES),
    ),
    "a rule drops it, whatever dockerd's option is": Case(
        network(host_namespace(with_rule("filter INPUT", "-i eth0 -j DROP", UNLED)), docker=told(iptables=False)),
        published(), ("input-chain-drops-proxied-traffic",), network(docker=told(iptables=False)),
    ),
    "containers of one network are kept apart": Case(
        kept_apart(icc=False), TO_WEB, ("icc-off",), kept_apart(icc=True),
    ),
    "INPUT closes the way to docker-proxy": Case(
        ruled(with_rule("filter INPUT", "-i docker0 -j DROP")), published(WEB_ITSELF),
        ("input-chain-drops-proxied-traffic",), ruled(with_rule("filter INPUT", "-i eth0 -j DROP")),
    ),
    "INPUT closes a service of the host": Case(
        with_sshd(with_rule("filter INPUT", "-p tcp --dport 22 -j DROP")), SSH, ("input-drops-host-service",),
        with_sshd(with_rule("filter INPUT", "-p tcp --dport 23 -j DROP")),
    ),
    "networks are kept apart": Case(
        ruled(with_chain(STAGE_1, "-i docker0 ! -o docker0 -j DROP")), egress(),
        ("isolation-drops-between-bridges",), ruled(ALL_RULES),
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
    "another table's policy": Case(
        nft_policy("drop"), published(), ("nft-base-chain-drop-other-table",), nft_policy("accept"),
    ),
    "a table of nft's own, where ufw closes FORWARD, too": Case(
        with_host(nft_policy("drop"), ufw=UFW_CLOSED), published(), ("nft-base-chain-drop-other-table",),
        with_host(nft_policy("accept"), ufw=UFW_CLOSED),
    ),
    "OUTPUT closes what nothing accepts": Case(
        ruled(with_policy("OUTPUT", "DROP")), published(FromHost(), "127.0.0.1"), ("output-policy-drop",),
    ),
    "OUTPUT drops the ICMP message of a smaller MTU": Case(
        narrow(with_rule("filter OUTPUT", "-p icmp -j DROP")), FULL_SIZED, ("pmtud-icmp-blocked",),
        narrow(with_rule("filter OUTPUT", "-p icmp -m icmp --icmp-type 8 -j DROP")),
    ),
    "its policy does": Case(
        narrow(with_policy("OUTPUT", "DROP")), FULL_SIZED, ("pmtud-icmp-blocked",),
        network(host_namespace(with_policy("OUTPUT", "DROP"))),
    ),
    "docker 28 drops direct access": Case(
        network(host_namespace(GUARDED), docker=told(version="28.0.1")),
        asked(OUTSIDE, "172.17.0.2", 80), ("raw-drop-direct-routing",),
        ruled(with_rule("filter DOCKER-USER", "-d 172.17.0.2/32 -i eth1 -j DROP")),
    ),
    "the same rule, which an older Docker does not make": Case(
        ruled(GUARDED), asked(OUTSIDE, "172.17.0.2", 80), ("mangle-drops-or-marks",), ruled(ALL_RULES)
    ),
    "the port is not tracked": Case(
        proxy_off(in_table("raw", "PREROUTING", "-p tcp -m tcp --dport 8151 -j NOTRACK", PROXY_OFF_RULES)), published(),
        ("raw-notrack-breaks-nat",),
        proxy_off(in_table("raw", "PREROUTING", "-p tcp -m tcp --dport 8152 -j NOTRACK", PROXY_OFF_RULES)),
    ),
    "a rule in front of Docker's": Case(
        ruled(with_rule("filter FORWARD", "-j REJECT --reject-with icmp-host-prohibited")), published(),
        ("reject-rule-before-docker",),
    ),
    "a query over lo is translated, and docker-proxy answers another address": Case(
        relaying(SHADOWING), RELAYED,
        ("snat-rule-shadows-masquerade",), relaying(DOCKER_RULES),
    ),
    "a query over lo is translated, and its entry outlives the rule": Case(
        relaying(SHADOWING, LED), RELAYED, ("snat-rule-shadows-masquerade", "conntrack-entry-stale"),
        relaying(DOCKER_RULES),
    ),
    "translated to an address that nobody has": Case(
        ruled(with_rule("nat POSTROUTING", "-o eth0 -j SNAT --to-source 198.51.100.77")), egress(),
        ("snat-rule-shadows-masquerade",),
        ruled(with_rule("nat POSTROUTING", "-o eth0 -j SNAT --to-source 198.51.100.11")),
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


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


@pytest.mark.parametrize(("network", "flow"), HARMLESS.values(), ids=HARMLESS)
def test_no_cause_is_named_for_a_harmless_fault(network: Network, flow: Flow) -> None:
    is_silent(network, flow)


# The intended way


def first_remedy(whole: Network, flow: Flow) -> tuple[str, Remedy]:
    """Return the one cause of the flow, and its first remedy."""
    (suspect,) = diagnose(whole, flow).causes
    return suspect.cause, remedies(suspect.cause, suspect.candidate, whole)[0]


def two_networks() -> Network:
    """Return the host whose second container is on a network of its own, which is kept apart."""
    apart = with_rule("filter DOCKER-ISOLATION-STAGE-2", "-o br-2 -j DROP", ALL_RULES)
    host = host_namespace(apart, values={"conf__br-2__forwarding": "1"})
    address = parse_address("172.18.0.1")[1]
    host = msgspec.structs.replace(
        host,
        links=(*host.links, Link(9, "br-2", "bridge", bridge=BridgeInfo())),
        addresses=(*host.addresses, Address("br-2", 4, address, 16)),
        routes=(*host.routes, local("172.18.0.1/32", "br-2"), route("172.18.0.0/16", "br-2")),
    )
    subnet = Subnet(4, parse_address("172.18.0.0")[1], 16, address)
    back = DockerNetwork("n2", "zoo", "bridge", subnets=(subnet,), bridge="br-2")
    own = Endpoint("zoo", "n2", parse_address("172.18.0.3")[1], 16)
    db = msgspec.structs.replace(
        container(), id="d" * 64, name="db", bindings=(), endpoints=(own,), netns="container:db"
    )
    described = engine(container(), db)
    whole = with_db(host, docker=msgspec.structs.replace(described, networks=(*described.networks, back)))
    outer, web, inner = whole.this.namespaces
    moved = msgspec.structs.replace(
        inner,
        addresses=(Address("eth0", 4, own.ipv4 or 0, 16),),
        routes=(
            local("172.18.0.3/32", "eth0"), route("172.18.0.0/16", "eth0"), route("default", "eth0", via="172.18.0.1"),
        ),
        sockets=(Socket("tcp", 4, None, 5432),),
    )  # fmt: skip
    return with_host(whole, namespaces=(with_link(outer, "veth2", master="br-2"), web, moved))


def test_networks_are_joined_by_a_connection_and_never_by_a_hole() -> None:
    whole = two_networks()
    cause, remedy = first_remedy(whole, asked(WEB_ITSELF, "172.18.0.3", 5432))
    assert cause == "isolation-drops-between-bridges"
    assert remedy.commands == ("docker network connect zoo web",)


def test_icc_false_is_named_behind_a_closed_forward_too_and_left_to_a_person() -> None:
    let_talk, kept = "-A FORWARD -i docker0 -o docker0 -j ACCEPT", "-A FORWARD -i docker0 -o docker0 -j DROP"
    described = told(icc=False)
    default = (("com.docker.network.bridge.default_bridge", "true"),)
    described = msgspec.structs.replace(
        described, networks=(msgspec.structs.replace(described.networks[0], options=default),)
    )
    whole = with_db(bridged(ALL_RULES.replace(let_talk, kept)), docker=described)
    cause, remedy = first_remedy(whole, TO_WEB)
    assert (cause, remedy.id, remedy.commands) == ("icc-off", "by-hand", ())


def test_the_same_rule_that_no_option_explains_is_taken_away() -> None:
    rule = "-i docker0 -o docker0 -j DROP"
    cause, remedy = first_remedy(with_db(bridged(with_rule("filter FORWARD", rule, ALL_RULES))), TO_WEB)
    assert (cause, remedy.id) == ("icc-off", "delete-rule")


def bridged(rules: str) -> Namespace:
    """Return the host's namespace, in which iptables sees what a bridge forwards."""
    host = host_namespace(rules)
    path = ("net", "bridge", "bridge-nf-call-iptables")
    return msgspec.structs.replace(host, sysctls=host.sysctls.with_value(path, "1"))


def test_a_rule_that_drops_is_named_as_that_rule_and_not_as_the_policy_behind_it() -> None:
    nothing_accepts = without("-A DOCKER -d", rules=ALL_RULES)
    dropped = network(
        host_namespace(with_rule("filter FORWARD", "-i eth0 -j DROP", nothing_accepts)), docker=told(iptables=False)
    )
    assert first_remedy(dropped, published())[0] == "reject-rule-before-docker"


def test_a_ban_is_lifted_by_its_tool_if_that_is_here() -> None:
    banned = ruled(with_chain("f2b-web", "-s 192.0.2.10/32 -j REJECT"))
    assert first_remedy(banned, published())[1].id == "delete-rule"
    with_tool = with_host(banned, versions=(Version("package:fail2ban", "1.0.2"),))
    assert first_remedy(with_tool, published())[1].commands == ("fail2ban-client set web unbanip 192.0.2.10",)


def test_a_policy_of_raw_is_set_back_before_a_hole_is_made() -> None:
    closed = ruled(f"*raw\n:PREROUTING DROP [0:0]\nCOMMIT\n{DOCKER_RULES}")
    causes = diagnose(closed, published()).causes
    found = [remedies(suspect.cause, suspect.candidate, closed) for suspect in causes]
    assert {command for back, *_ in found for command in back.commands} == {"iptables -t raw -P PREROUTING ACCEPT"}
    holes = [command for _, hole, *_ in found for command in hole.commands]
    assert [command.rpartition(" -I ")[2] for command in holes] == ["PREROUTING -i eth0 -p tcp --dport 8151 -j ACCEPT"]


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
    assert first_remedy(with_host(denied, ufw=Ufw(enabled=True)), SSH)[1].commands == ("ufw prepend allow 22/tcp",)


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
    before = with_chain("ufw-user-forward", hook=None, rules=in_user_chain(*block[::-1]))
    assert first_remedy(with_host(ruled(before), ufw=Ufw(enabled=True), files=(file,)), published())[1].commands != (
        remedy.commands
    )


@pytest.mark.parametrize("dockers", ("active", "file"))
def test_the_bridge_is_put_into_the_zone_that_dockerd_uses(dockers: Literal["active", "file"]) -> None:
    (cause,) = diagnose(zoned("public", dockers=dockers), egress()).causes
    assert cause.candidate.change.calls == (BindInterface("docker", "docker0"),)


def test_without_that_zone_the_bridge_is_bound_to_no_other_one() -> None:
    """dockerd would end with ZONE_CONFLICT at its next start."""
    (cause,) = diagnose(zoned("public", dockers="none"), egress()).causes
    assert cause.candidate.change.calls == (TrustSource("172.17.0.0/16"),)


def test_panic_mode_is_ended_by_firewalld_and_a_failed_load_by_a_person() -> None:
    cause, remedy = first_remedy(panicking("raw_output", "prerouting"), published())
    assert (cause, remedy.commands) == ("firewalld-panic-mode", ("firewall-cmd --panic-off",))
    assert remedy.reversible
    _, by_hand = first_remedy(panicking("filter_input", "forward"), published())
    assert (by_hand.id, by_hand.commands) == ("by-hand", ())


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
