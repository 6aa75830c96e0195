import msgspec
import pytest

from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.route import FdbEntry, Neighbour
from hairpin.netfilter.ir import Chain, FieldMatch, Hook, NameMatch, Table, Verdict
from hairpin.netfilter.packet import SYN, TCP, Packet
from hairpin.network.network import Network, Port
from hairpin.walk.decided import RuleDecided
from hairpin.walk.link.bridge import bridge_in, calls_iptables
from hairpin.walk.state import End, State
from tests.netfilter.seen import rule
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    GATEWAY,
    HOST_NETNS,
    WEB,
    container_namespace,
    host_namespace,
    local,
    network,
    route,
    sibling,
)
from tests.walk.standing import at, told

OTHER = WEB + 1
CALLS = {("net", "bridge", "bridge-nf-call-iptables"): "1", ("net", "bridge", "bridge-nf-call-ip6tables"): "0"}
TO_OTHER = Packet(4, WEB, OTHER, TCP, sport=40000, dport=80, tcp_flags=SYN)
TO_GATEWAY = msgspec.structs.replace(TO_OTHER, daddr=GATEWAY)


def net(rules: str = "", *, calls: bool = False, **changed: dict[str, object]) -> Network:
    """Return the small host with a second container ``db`` on the bridge; ``veth1={…}`` changes a link."""
    host = host_namespace(rules)
    second = Link(7, "veth2", "veth", master="docker0", peer_index=6, peer_netnsid=1, port=BridgePort())
    links = tuple(msgspec.structs.replace(each, **changed.get(each.name, {})) for each in (*host.links, second))
    sysctls = msgspec.structs.replace(host.sysctls, values={**host.sysctls.values, **(CALLS if calls else {})})
    host = msgspec.structs.replace(host, links=links, sysctls=sysctls)
    inner = container_namespace()
    db = msgspec.structs.replace(
        inner,
        name="container:db",
        links=(inner.links[0], Link(6, "eth0", "veth", peer_index=7, peer_netnsid=0)),
        addresses=(Address("eth0", 4, OTHER, 16),),
        routes=(local("172.17.0.3/32", "eth0"), route("172.17.0.0/16", "eth0")),
    )
    whole = network(host, inner)
    return whole.with_host(Host("test", namespaces=(host, inner, db), engines=engines(whole)))


def engines(whole: Network) -> tuple[Engine, ...]:
    return whole.this.engines


def frame(packet: Packet, target: Port | None) -> State:
    return at("bridge", packet, iif="docker0").with_frame(physin="veth1", target=target)


DB = Port(sibling("container:db"), "eth0")
ITSELF = Port(sibling("container:web"), "eth0")
BRIDGE = Port(HOST_NETNS, "docker0")
DROP = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\nCOMMIT\n"
SEEN = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m physdev --physdev-in veth1 --physdev-out veth2 -j DROP\nCOMMIT\n"
DNAT = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.3:80\nCOMMIT\n"

KNOWN = net(docker0={"mac": 1}, veth1={"mac": 2}, veth2={"mac": 3})


def forwarding(*entries: FdbEntry) -> Network:
    """Return the network in which the bridge has these forwarding entries."""
    host = msgspec.structs.replace(KNOWN.namespace(HOST_NETNS), fdb=entries)
    return KNOWN.with_namespace(HOST_NETNS, host)


PORTS_OWN = FdbEntry("docker0", "veth1", 2, state="permanent", local=True)
OWN = FdbEntry("docker0", "docker0", 1, state="permanent", local=True)


def to_mac(mac: int) -> Packet:
    return msgspec.structs.replace(TO_GATEWAY, dmac=mac)


# network, packet, receiver of the frame, outcome
CASES: dict[str, tuple[Network, Packet, Port | None, str]] = {
    "up to the host": (net(), TO_GATEWAY, BRIDGE, "prerouting"),
    "addressed to nobody in particular": (net(), TO_GATEWAY, None, "prerouting"),
    "by the bridge's hardware address": (KNOWN, to_mac(1), None, "prerouting"),
    "by its local forwarding entry": (forwarding(PORTS_OWN, OWN), TO_GATEWAY, BRIDGE, "prerouting"),
    "its own address is another port's by hand": (
        forwarding(PORTS_OWN, FdbEntry("docker0", "veth2", 1, state="static")), TO_GATEWAY, BRIDGE,
        "dropped no-neighbour",
    ),
    "by the address of one of its ports": (KNOWN, to_mac(3), None, "prerouting"),
    "to a group": (KNOWN, to_mac(0x0100_5E00_0001), None, "prerouting"),
    "by an address that nobody has": (KNOWN, to_mac(9), None, "dropped no-neighbour"),
    "across to another port": (net(), TO_OTHER, DB, "device-in"),
    "bridge down": (net(docker0={"up": False}), TO_OTHER, DB, "dropped bridge-down"),
    "port disabled": (net(veth1={"port": BridgePort("disabled")}), TO_OTHER, DB, "dropped bridge-port-state"),
    "port learning": (net(veth1={"port": BridgePort("learning")}), TO_OTHER, DB, "dropped bridge-port-state"),
    "port learning, up": (net(veth1={"port": BridgePort("learning")}), TO_GATEWAY, BRIDGE, "dropped bridge-port-state"),
    "the other port blocking": (net(veth2={"port": BridgePort("blocking")}), TO_OTHER, DB, "dropped bridge-port-state"),
    "both ports isolated": (
        net(veth1={"port": BridgePort(isolated=True)}, veth2={"port": BridgePort(isolated=True)}),
        TO_OTHER, DB, "dropped bridge-port-isolated",
    ),
    "one port isolated": (net(veth1={"port": BridgePort(isolated=True)}), TO_OTHER, DB, "device-in"),
    "back out of its port": (net(), TO_OTHER, ITSELF, "dropped hairpin-off"),
    "back out of its port, hairpin": (net(veth1={"port": BridgePort(hairpin=True)}), TO_OTHER, ITSELF, "device-in"),
    "nobody's port": (net(), TO_OTHER, Port(sibling("container:x"), "eth0"), "dropped no-neighbour"),
    "iptables is not asked": (net(DROP), TO_OTHER, DB, "device-in"),
    "iptables is asked": (net(DROP, calls=True), TO_OTHER, DB, "dropped rule"),
    "iptables sees both ports": (net(SEEN, calls=True), TO_OTHER, DB, "dropped rule"),
    "Docker's own rules let it cross": (net(DOCKER_RULES, calls=True), TO_OTHER, DB, "device-in"),
    "the bridge asks iptables": (
        net(DROP, calls=True, docker0={"bridge": BridgeInfo(nf_call_iptables=True)}), TO_OTHER, DB, "dropped rule",
    ),
    "DNAT inside the bridge is switched": (net(DNAT, calls=True), TO_GATEWAY, BRIDGE, "device-in"),
    "DNAT on a bridge that is not asked is routed": (net(DNAT), TO_GATEWAY, BRIDGE, "prerouting"),
    "up, with PREROUTING done": (net(calls=True), TO_GATEWAY, BRIDGE, "input-route"),
}  # fmt: skip


@each_row(("whole", "packet", "target", "expected"), CASES.values(), ids=CASES)
def test_bridge_in(whole: Network, packet: Packet, target: Port | None, expected: str) -> None:
    assert told(bridge_in(whole, frame(packet, target))) == [expected]


def test_a_frame_bridged_after_dnat_arrives_with_the_new_address() -> None:
    (outcome,) = bridge_in(net(DNAT, calls=True), frame(TO_GATEWAY, BRIDGE))
    assert isinstance(outcome, State)
    assert (outcome.netns, outcome.packet.daddr) == (sibling("container:db"), OTHER)


@pytest.mark.parametrize(("mac", "expected"), ((3, "device-in"), (9, "dropped neighbour-wrong")))
def test_a_frame_bridged_after_dnat_obeys_a_permanent_neighbour_entry(mac: int, expected: str) -> None:
    """A random set of faults found it: br_nf_pre_routing_finish_bridge() takes the address from the entry."""
    whole = net(DNAT, calls=True, docker0={"mac": 1}, veth1={"mac": 2}, veth2={"mac": 8})
    inner = whole.namespace(DB.netns)
    links = tuple(msgspec.structs.replace(each, mac=3) if each.name == "eth0" else each for each in inner.links)
    whole = whole.with_namespace(DB.netns, msgspec.structs.replace(inner, links=links))
    entry = Neighbour("docker0", 4, OTHER, mac, "PERMANENT")
    host = msgspec.structs.replace(whole.namespace(HOST_NETNS), neighbours=(entry,))
    assert told(bridge_in(whole.with_namespace(HOST_NETNS, host), frame(TO_GATEWAY, BRIDGE))) == [expected]


def test_rules_of_the_bridge_family_run_whatever_the_sysctls_say() -> None:
    table = Table("bridge", "filter", "ebtables", (Chain("FORWARD", (rule(Verdict("drop")),), "forward"),))
    whole = net()
    host = whole.namespace(HOST_NETNS)
    ruled = whole.with_namespace(
        HOST_NETNS, msgspec.structs.replace(host, ruleset=msgspec.structs.replace(host.ruleset, tables=(table,)))
    )
    assert told(bridge_in(ruled, frame(TO_OTHER, DB))) == ["dropped rule"]
    assert told(bridge_in(ruled, frame(TO_GATEWAY, BRIDGE))) == ["prerouting"]


@pytest.mark.parametrize(("saddr", "expected"), ((WEB, "dropped rule"), (CLIENT, "dropped rp-filter")))
def test_a_translated_frame_with_a_wrong_source_does_not_reach_the_bridges_later_chains(
    saddr: int, expected: str
) -> None:
    later = Chain("later", (rule(Verdict("drop")),), "prerouting", priority=1)
    whole = net(DNAT, calls=True)
    host = whole.namespace(HOST_NETNS)
    tables = (*host.ruleset.tables, Table("bridge", "t", "nft", (later,)))
    sysctls = host.sysctls.with_value(("net", "ipv4", "conf", "docker0", "rp_filter"), "1")
    ruleset = msgspec.structs.replace(host.ruleset, tables=tables)
    ruled = whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, ruleset=ruleset, sysctls=sysctls))
    sent = frame(msgspec.structs.replace(TO_GATEWAY, saddr=saddr), BRIDGE)
    assert told(bridge_in(ruled, sent)) == [expected]


@pytest.mark.parametrize(("hook", "iif"), (("forward", "docker0"), ("postrouting", "")))
def test_postrouting_of_a_bridged_packet_has_no_input_interface(hook: Hook, iif: str) -> None:
    """br_netfilter_hooks.c br_nf_post_routing()"""
    chain = Chain("c", (rule(NameMatch("iif", (iif,)), Verdict("drop")),), hook)
    whole = net(calls=True)
    host = whole.namespace(HOST_NETNS)
    ruleset = msgspec.structs.replace(host.ruleset, tables=(Table("ip", "t", "nft", (chain,)),))
    ruled = whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, ruleset=ruleset))
    assert told(bridge_in(ruled, frame(TO_OTHER, DB))) == ["dropped rule"]


@pytest.mark.parametrize(("kernel", "asked"), (("6.1.0-50-amd64", False), ("6.12.107+deb13-amd64", True)))
def test_the_order_of_br_netfilter_and_a_bridges_chain_of_priority_0(kernel: str, *, asked: bool) -> None:
    """br_netfilter_hooks.c br_nf_ops"""
    whole = net(DROP, calls=True)
    host = whole.namespace(HOST_NETNS)
    bridges = Table("bridge", "t", "nft", (Chain("c", (rule(Verdict("drop")),), "forward"),))
    ruleset = msgspec.structs.replace(host.ruleset, tables=(*host.ruleset.tables, bridges))
    ruled = whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, ruleset=ruleset, kernel=kernel))
    (end,) = bridge_in(ruled, frame(TO_OTHER, DB))
    assert isinstance(end, End)
    assert end.stop is not None
    assert isinstance(end.stop.decided_by, RuleDecided)
    assert (end.stop.decided_by.place.family == "bridge") is asked


# priority of PREROUTING's chain, hook, receiver of the frame, whether DNAT changes it, whether it is another host's
KINDS: dict[str, tuple[int, Hook, Port, bool, bool]] = {
    "before iptables": (-1, "prerouting", DB, False, True),
    "behind iptables": (1, "prerouting", DB, False, True),
    "the host's, turned": (1, "prerouting", BRIDGE, True, False),
    "another's, turned": (1, "prerouting", ITSELF, True, True),
    "the host's, turned, crosses": (0, "forward", BRIDGE, True, False),
    "crosses": (0, "forward", DB, False, True),
}


@each_row(("priority", "hook", "target", "turned", "other"), KINDS.values(), ids=KINDS)
def test_the_packet_type_of_a_frame(priority: int, hook: Hook, target: Port, turned: bool, other: bool) -> None:
    chain = Chain("c", (rule(FieldMatch("pkttype", ((3, 3),)), Verdict("drop")),), hook, priority=priority)
    whole = net(DNAT if turned else "", calls=True)
    host = whole.namespace(HOST_NETNS)
    ruleset = msgspec.structs.replace(
        host.ruleset, tables=(*host.ruleset.tables, Table("bridge", "t", "nft", (chain,)))
    )
    ruled = whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, ruleset=ruleset))
    sent = TO_GATEWAY if turned else TO_OTHER
    assert told(bridge_in(ruled, frame(sent, target))) == ["dropped rule" if other else "device-in"]


# bridge-nf-call-iptables, the bridge's own setting, whether the IP hooks run
CALLED: dict[str, tuple[str | None, bool, bool]] = {
    "br_netfilter is not loaded": (None, True, False),
    "off": ("0", False, False),
    "the namespace says so": ("1", False, True),
    "the bridge says so": ("0", True, True),
}


@pytest.mark.parametrize(("value", "own", "expected"), CALLED.values(), ids=CALLED)
def test_calls_iptables(value: str | None, own: bool, expected: bool) -> None:
    host = host_namespace()
    if value is not None:
        host = msgspec.structs.replace(
            host, sysctls=host.sysctls.with_value(("net", "bridge", "bridge-nf-call-iptables"), value)
        )
    bridge = Link(3, "docker0", "bridge", bridge=BridgeInfo(nf_call_iptables=own))
    assert calls_iptables(network(host), HOST_NETNS, bridge, 4) is expected
    assert calls_iptables(network(host), HOST_NETNS, bridge, 6) is False
