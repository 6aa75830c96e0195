"""A rule that the engine made is gone; with the userland proxy off, nothing else answers for the port."""

import re
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.causes.cause import Candidate
from hairpin.change.calls import ReloadNetworks
from hairpin.change.change import RenameLink, SetPolicy, one
from hairpin.change.simulation.simulate import simulate
from hairpin.collect.snapshot import load
from hairpin.diagnose.diagnose import diagnose
from hairpin.engines.missing import missing_of
from hairpin.engines.podman import reloading
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.boot.containers_conf import ConfLine
from hairpin.host.docker import Conflist, Endpoint
from hairpin.host.link import Link
from hairpin.host.managers import ConfigFile, Firewalld, FirewalldZone, Unit
from hairpin.host.read.parse import parse
from hairpin.host.socket import Socket
from hairpin.netfilter.ir import Chain, NameMatch, Reject, Rule, Table
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, World
from tests.causes.case import Case
from tests.causes.hosts import asked, down, proxy_off, ruled, with_host
from tests.engines import swarm_node
from tests.engines.test_netavark import NATIVE, OLD, on
from tests.podman_host import RULES as PODMANS
from tests.podman_host import podman, podmans, with_podman
from tests.rule_text import ALL_RULES, PROXY_OFF_RULES, STAGE_1, STAGE_2, with_chain, without, without_chain
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB_ITSELF,
    container_namespace,
    egress,
    host_namespace,
    network,
    published,
    ruleset,
)

PEER = World(peers=(Peer(4, parse_address("203.0.113.0")[1], 24, accepts=((HOST_ADDRESS, 32),)),))
MASQUERADE = "! -o docker0 -j MASQUERADE"


def lost(*texts: str) -> Network:
    """Return the host without the engine's rules and chains that contain one of the texts."""
    return ruled(without(*texts, rules=ALL_RULES))


def lost_proxy_off(*texts: str) -> Network:
    """Return the same of the host without docker-proxy."""
    return proxy_off(without(*texts, rules=PROXY_OFF_RULES))


DNS = Flow(FromContainer("web", HOST_NETNS.sibling("container:web")), 4, 0x7F00000B, "udp", 53)
JUMP = "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT\n"
RESOLVER_RULES = """\
*nat
:OUTPUT ACCEPT [0:0]
:DOCKER_OUTPUT - [0:0]
-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT
-A DOCKER_OUTPUT -d 127.0.0.11/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 127.0.0.11:40001
-A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:40002
COMMIT
"""
UDP_RULE = "-A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:40002\n"


def resolving(rules: str, *, dead: bool = False) -> Network:
    """Return the host whose container has dockerd's resolver, and these rules.  ``dead``: its sockets are gone."""
    listening = () if dead else (Socket("tcp", 4, 0x7F00000B, 40001), Socket("udp", 4, 0x7F00000B, 40002))
    inner = container_namespace((*container_namespace().sockets, *listening))
    return network(inner=replace(inner, ruleset=ruleset(rules)))


APART = parse(load(Path(__file__).parents[2] / "fixtures" / "healthy" / "networks-apart.hairpin"))
FROM_BACK = asked(FromContainer("db", APART.netns.sibling("container:db")), "198.51.100.11", 8151)
MESH = swarm_node.forwarding(swarm_node.node())
TO_MESH = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8080, host=MESH.name)


def stray(whole: Network) -> Network:
    """Return the host whose bridge docker0 has another name."""
    return simulate(one(RenameLink(HOST_NETNS, "docker0", "stray0")), whole)


def cni(*plugins: str, made: bool) -> Network:
    """Return the host with Podman's CNI, whose file has these plugins.  ``made``: CNI has made all rules of a whole
    file."""
    found = with_podman(without("NETAVARK", rules=PODMANS))
    (told,) = found.this.engines
    networks = tuple(replace(each, conflist=Conflist("c", frozenset(plugins))) for each in told.networks)
    engine = replace(told, network_backend="cni")
    lost = missing_of(found.this, engine)
    whole = simulate(restoring_all(lost, HOST_NETNS, found.this.namespaces[0]), found) if made else found
    read = replace(engine, networks=networks)
    return whole.with_host(replace(whole.this, engines=(read,)))


OUTWARD = "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT"


def behind_ufw(rule: str) -> str:
    """Return the rules in which a chain of ufw with this rule stands before the rule for what docker0 sends out."""
    chain = with_chain("ufw-reject-forward", rule, hook=None, rules=ALL_RULES)
    return chain.replace(f"{OUTWARD}\n", f"-A FORWARD -j ufw-reject-forward\n{OUTWARD}\n")


def of_later_netavark(text: str, gone: str = "") -> Network:
    """Return Podman's host with the rules of netavark 1.17, without the lines that have such a word."""
    kept = without(*gone.split("|"), rules=text) if gone else text
    whole = with_podman(kept if text is OLD else "")
    host = whole.this.namespace("host")
    if text is NATIVE:
        host = msgspec.structs.replace(host, ruleset=on(kept).ruleset)
    engine = msgspec.structs.replace(whole.this.engines[0], version="5.8.6", network_version="1.17.2")
    others = tuple(each for each in whole.this.namespaces if each.name != "host")
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(host, *others), engines=(engine,)))


def of_driver(driver: str, whole: Network, version: str = "5.4.2") -> Network:
    """Return the host of this Podman, whose containers.conf names the firewall driver."""
    line = ConfLine("/etc/containers/containers.conf", 2, "network.firewall_driver", driver, "e9")
    of_podman = replace(whole.this.engines[0], version=version, firewall_backend=driver, conf=(line,))
    return whole.with_host(replace(whole.this, engines=(of_podman,)))


def unmanaged(whole: Network) -> Network:
    """Return the host of this Podman, whose networks are all unmanaged."""
    engine = whole.this.engines[0]
    networks = tuple(replace(each, options=(("mode", "unmanaged"),)) for each in engine.networks)
    return whole.with_host(replace(whole.this, engines=(replace(engine, networks=networks),)))


WITHOUT_RULES = with_podman("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n")
OLD_START = with_podman(PODMANS.replace("172.17.0.2:80", "172.17.0.9:80"))

CASES: dict[str, Case] = {
    **{f"Podman's firewall driver is none, {name}": Case(
        of_driver("none", broken), flow, ("podman-makes-no-rules",), whole,
    ) for name, broken, flow, whole in (
        ("asked for its port", WITHOUT_RULES, published(), with_podman()),
        ("its containers ask outside", WITHOUT_RULES, egress(), of_driver("none", with_podman())),
        ("a port is led to the address of an earlier start", OLD_START, published(), of_driver("none", with_podman())),
    )},
    "a person keeps the bridge of Podman's network": Case(
        unmanaged(WITHOUT_RULES), published(), ("podman-makes-no-rules",), with_podman(),
    ),
    "the same, and its containers ask outside": Case(
        unmanaged(WITHOUT_RULES), egress(), ("podman-makes-no-rules",), with_podman(),
    ),
    "Podman's firewall driver is nftables, and its rules are gone": Case(
        of_driver("nftables", WITHOUT_RULES), published(), ("podman-rules-missing",), with_podman(),
    ),
    "a Podman that does not know the setting has lost its rules": Case(
        of_driver("none", WITHOUT_RULES, "4.3.1"), published(), ("podman-rules-missing",), with_podman(),
    ),
    "CNI lacks the plugin that translates ports": Case(
        cni("bridge", "firewall", made=False), published(), ("cni-plugin-missing",), cni("portmap", made=True),
    ),
    "CNI's rules are gone, and its file is whole": Case(
        cni("bridge", "firewall", "portmap", made=False), published(), ("podman-rules-missing",),
        cni("bridge", made=True),
    ),
    "a swarm's node has lost the jump to the mesh": Case(
        Network((swarm_node.without(MESH, "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-I"),)), TO_MESH,
        ("swarm-ingress-chain-missing",), Network((MESH,)),
    ),
    "the rule for replies is gone": Case(lost("RELATED,ESTABLISHED"), egress(), ("ct-state-rule-missing",)),
    "the rules to the embedded resolver are gone": Case(
        resolving(""), DNS, ("resolver-rules-missing",), resolving(RESOLVER_RULES),
    ),
    "the jump to dockerd's own chain for the resolver is gone": Case(
        resolving(RESOLVER_RULES.replace(JUMP, "")), DNS, ("resolver-rules-missing",), resolving(RESOLVER_RULES),
    ),
    "one rule of dockerd's own chain for the resolver is gone": Case(
        resolving(RESOLVER_RULES.replace(UDP_RULE, "")), DNS, ("resolver-rules-missing",), resolving(RESOLVER_RULES),
    ),
    "the embedded resolver has ended with dockerd": Case(
        down(resolving(RESOLVER_RULES, dead=True)), DNS, ("docker-daemon-not-running",),
        down(resolving(RESOLVER_RULES)),
    ),
    "a rule is gone that no other cause is about": Case(
        Network((swarm_node.without(APART, "-j RETURN", table="nat"),)), FROM_BACK, ("engine-rule-missing",),
        Network((APART,)),
    ),
    "one port's DNAT rule is gone": Case(lost_proxy_off("-j DNAT"), published(), ("dnat-rule-missing",), proxy_off()),
    "the filter chains are gone": Case(
        ruled(without("-A FORWARD", rules=without_chain("filter", "DOCKER", STAGE_1, STAGE_2, rules=ALL_RULES))),
        published(), ("docker-filter-chain-missing",),
    ),
    "the nat chain is gone": Case(
        proxy_off(without_chain("nat", "DOCKER", rules=PROXY_OFF_RULES)), published(), ("docker-nat-chain-missing",),
        proxy_off(),
    ),
    "the jump from OUTPUT is gone": Case(
        lost_proxy_off("-A OUTPUT"), published(FromHost()), ("docker-nat-jump-missing-output",), proxy_off(),
    ),
    "the jump from PREROUTING is gone": Case(
        lost_proxy_off("-A PREROUTING"), published(), ("docker-nat-jump-missing-prerouting",), proxy_off(),
    ),
    "one ACCEPT rule is gone": Case(lost("-A DOCKER -d 172.17.0.2"), published(), ("filter-accept-missing",)),
    "the jumps from FORWARD are gone": Case(lost("-A FORWARD"), published(), ("filter-forward-jump-missing",)),
    "the hairpin MASQUERADE rules are gone": Case(
        lost_proxy_off("-d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQ"), published(WEB_ITSELF),
        ("hairpin-masquerade-missing",), proxy_off(),
    ),
    "a rule stands behind ufw's chain, and the others in front of it": Case(
        ruled(behind_ufw("-j REJECT")), egress(), ("engine-rule-behind-firewall",), ruled(behind_ufw("-j RETURN")),
    ),
    "all rules stand behind ufw's chain": Case(
        ruled(with_chain("ufw-reject-forward", "-j REJECT", rules=ALL_RULES)), egress(), ("ufw-forward-policy",),
    ),
    "a rule stands behind a person's chain, and the others in front of it": Case(
        ruled(behind_ufw("-j REJECT").replace("ufw-", "own-")), egress(), ("reject-rule-before-docker",),
    ),
    "the MASQUERADE rule is gone": Case(lost(MASQUERADE), egress(), ("masquerade-missing",)),
    "Podman's translation is gone": Case(
        with_podman(without("-j DNAT", rules=PODMANS)), published(), ("podman-rules-missing",), with_podman(),
    ),
    "Podman's translation is gone, and its bridge has another name": Case(
        stray(with_podman(without("-j DNAT", rules=PODMANS))), published(), ("bridge-missing", "podman-rules-missing"),
        with_podman(),
    ),
    "Podman's translation is gone, and the container is paused": Case(
        with_podman(without("-j DNAT", rules=PODMANS), status="paused"), published(),
        ("container-paused", "podman-rules-missing"), with_podman(),
    ),
    "Podman's masquerading is gone": Case(
        with_podman(without("! -d 224.0.0.0/4", rules=PODMANS)), egress(), ("podman-rules-missing",), with_podman(),
    ),
    **{f"netavark 1.17's {name} is gone": Case(
        of_later_netavark(text, gone), flow, ("podman-rules-missing",), of_later_netavark(text),
    ) for text, kind in ((OLD, "iptables"), (NATIVE, "nftables")) for name, gone, flow in (
        (f"masquerading by {kind}", "224.0.0.0/4", egress()),
        (f"translation by {kind}", "DNAT --to|dnat ip to", published()),
    )},
    "the MASQUERADE rule is gone, and a peer drops containers' addresses": Case(
        network(host_namespace(without(MASQUERADE, rules=ALL_RULES)), world=PEER), egress(), ("masquerade-missing",),
        network(world=PEER),
    ),
}  # fmt: skip


def test_the_embedded_resolver_is_no_service_of_the_containers() -> None:
    """The default bridge has no such resolver; on another network dockerd makes it again when the container starts."""
    without = resolving(RESOLVER_RULES, dead=True)
    assert diagnose(without, DNS).causes == ()
    docker = without.this.engines[0]
    moved = replace(docker.containers[0], endpoints=(Endpoint("back", "n2"),))
    docker = replace(docker, containers=(moved,))
    elsewhere = replace(without, hosts=(replace(without.this, engines=(docker,)),))
    assert [each.cause for each in diagnose(elsewhere, DNS).causes] == ["resolver-rules-missing"]


def test_a_reload_leaves_out_what_is_on_a_bridge_of_another_name() -> None:
    """Podman would make a second bridge of the same addresses beside it."""
    api = replace(podmans(), id="d" * 64, name="api", endpoints=(Endpoint("back", "n2"),))
    host = stray(with_podman()).this
    assert reloading(host, podman(podmans(), api), None) == ReloadNetworks(("api",))
    assert reloading(with_podman().this, podman(podmans(), api), None) == ReloadNetworks()


NAT_FLUSHED = without_chain("nat", "DOCKER", rules=PROXY_OFF_RULES)
BOTH_FLUSHED = without("-A FORWARD ", rules=NAT_FLUSHED)


def flushed(policy: str, *files: ConfigFile, links: tuple[Link, ...] = (), rules: str = BOTH_FLUSHED) -> Candidate:
    whole = proxy_off(re.sub(r":FORWARD \w+", f":FORWARD {policy}", rules))
    own = whole.namespace(whole.this.netns)
    whole = whole.with_namespace(whole.this.netns, replace(own, links=(*own.links, *links)))
    (found,) = diagnose(with_host(whole, files=files), published()).causes
    return found.candidate


def closes(found: Candidate) -> bool:
    return any(isinstance(part, SetPolicy) for part in found.change.parts)


def test_a_repair_after_a_flush_closes_forward_again() -> None:
    """dockerd had set DROP, as no file switches forwarding on before it; a flush of the ruleset took that, too."""
    assert closes(flushed("ACCEPT"))
    assert "the repair sets the policy to DROP again" in " ".join(map(str, flushed("ACCEPT").advice))
    assert not closes(flushed("DROP"))
    assert flushed("DROP").advice == ()


def test_a_policy_that_the_flush_did_not_open_stays() -> None:
    """The engine's rules are in FORWARD, so the flush did not reach this chain and its policy."""
    assert not closes(flushed("ACCEPT", rules=NAT_FLUSHED))


@pytest.mark.parametrize(
    ("files", "links"),
    (
        ((ConfigFile("/etc/sysctl.d/router.conf", "net.ipv4.ip_forward = 1\n"),), ()),
        ((), (Link(90, "virbr0", "bridge"),)),
    ),
    ids=("a file switches forwarding on", "another bridge"),
)
def test_where_dockerd_may_not_have_set_the_policy_it_is_a_question(
    files: tuple[ConfigFile, ...], links: tuple[Link, ...]
) -> None:
    found = flushed("ACCEPT", *files, links=links)
    assert not closes(found)
    assert "This command closes these ports: iptables -P FORWARD DROP" in " ".join(map(str, found.advice))


def test_podman_reloads_no_paused_container_but_the_one_that_is_unpaused_before() -> None:
    lost = network(
        host_namespace(without("! -d 224.0.0.0/4", rules=PODMANS), sockets=()),
        docker=podman(podmans(), replace(podmans("paused"), id="other", name="other", netns=None)),
    )
    (found,) = diagnose(lost, egress()).causes
    assert found.candidate.change.calls == (ReloadNetworks(("web",)),)
    (found,) = diagnose(with_podman(without("! -d 224.0.0.0/4", rules=PODMANS)), egress()).causes
    assert found.candidate.change.calls == (ReloadNetworks(),)


UNMASKED = without("! -d 224.0.0.0/4", rules=PODMANS)


def with_firewalld(rules: str, *sources: str, unit: Unit | None = None) -> Network:
    """Return the host whose firewalld rejects what podman's bridge sends, unless its zone trusted has the network."""
    whole = with_podman(rules)
    reject = (
        ()
        if sources
        else (Rule((NameMatch("iif", ("docker0",)), Reject("icmpx-admin-prohibited")), "iifname docker0 reject", 1),)
    )
    chain = Chain("filter_FORWARD", reject, "forward", priority=10, policy="accept")
    ruleset = whole.namespace(HOST_NETNS).ruleset
    ruleset = replace(ruleset, tables=(*ruleset.tables, Table("inet", "firewalld", "nft", (chain,))))
    whole = whole.with_namespace(HOST_NETNS, replace(whole.namespace(HOST_NETNS), ruleset=ruleset))
    runtime = (FirewalldZone("trusted", target="ACCEPT", sources=sources), FirewalldZone("public"))
    firewalld = Firewalld(running=True, default_zone="public", runtime=runtime)
    return with_host(whole, firewalld=firewalld, units=(unit,) if unit is not None else ())


def test_one_reload_of_podman_makes_the_rules_and_the_source_of_the_zone() -> None:
    """Measured with Podman 4.3.1: after ``firewall-cmd --reload``, ``podman network reload --all`` makes both again."""
    lost = with_firewalld(UNMASKED)
    (found,) = diagnose(lost, egress()).causes
    assert found.cause == "podman-rules-missing"
    assert any("zone trusted" in str(each) for each in found.candidate.advice)
    (kept,) = diagnose(with_firewalld(UNMASKED, "172.17.0.0/16"), egress()).causes
    assert not any("zone trusted" in str(each) for each in kept.candidate.advice)


@pytest.mark.parametrize(("enabled", "named"), ((None, False), ("disabled", True), ("enabled", False)))
def test_only_a_unit_that_the_host_has_is_named(enabled: str | None, *, named: bool) -> None:
    """netavark 1.4 has no such unit."""
    unit = Unit("netavark-firewalld-reload.service", "inactive", enabled) if enabled is not None else None
    lost = with_firewalld(UNMASKED, unit=unit)
    (found,) = diagnose(lost, egress()).causes
    assert any("systemctl enable" in str(each) for each in found.candidate.advice) is named
