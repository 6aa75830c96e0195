"""Routes between hosts, tunnels, subnets that overlap, and what filters between them."""

import msgspec
import pytest

from hairpin.causes.between_hosts import vxlan_port_blocked
from hairpin.causes.cause import View
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link, Tunnel
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, Route
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.world import Peer, World
from hairpin.remedy.plan import remedies
from hairpin.walk.verdicts import succeeds
from hairpin.walk.walk import walk_flow
from tests.acceptance.test_networks import network as recorded
from tests.causes.case import Case
from tests.causes.hosts import told
from tests.causes.overlay_hosts import OVERLAY, TO_NODE2, untold
from tests.rule_text import without
from tests.small_host import egress, host_namespace, local, number, route
from tests.small_host import network as small_network
from tests.two_hosts import ADDRESSES, OPEN, TUNNEL_ADDRESSES, TUNNEL_MACS, network, node, seen, vxlan
from tests.walk.link.test_wireguard import INNER, NEAR, guarded, to

INSIDE = number("10.244.2.1")
STRANGER = number("198.51.100.99")
OLD_MAC = 0x0200_0000_0099
TO_TWO = Flow(FromHost(), 4, INSIDE, "tcp", 80, host="one")
BLOCKED = OPEN.replace("COMMIT", "-A INPUT -p udp -m udp --dport 8472 -j DROP\nCOMMIT")
SENDS_NONE = OPEN.replace("COMMIT", "-A OUTPUT -p udp -m udp --dport 8472 -j REJECT\nCOMMIT")
CLOSED = OPEN.replace(":INPUT ACCEPT", ":INPUT DROP")


SETS_DF = msgspec.structs.replace(vxlan("one"), dont_fragment="set")
BULK_TO_TWO = Flow(Outside(number("192.0.2.10")), 4, INSIDE, "tcp", 80, host="one", data_bytes=16000)


def changed(host: Host, **fields: object) -> Host:
    """Return the host with these parts of its namespace replaced."""
    return msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(host.namespaces[0], **fields),))


def two(host: Host | None = None) -> Host:
    """Return the second host, whose bridge has 10.244.2.0/24."""
    host = host or node("two")
    namespace = host.namespaces[0]
    bridge = Address("docker0", 4, INSIDE, 24)
    routes = (local("10.244.2.1/32", "docker0"), route("10.244.2.0/24", "docker0"))
    return changed(host, addresses=(*namespace.addresses, bridge), routes=(*namespace.routes, *routes))


def one(*routes: Route, host: Host | None = None) -> Host:
    """Return the first host with these routes in place of that to the second one's bridge."""
    host = host or node("one")
    kept = tuple(each for each in host.namespaces[0].routes if each.destination != TUNNEL_ADDRESSES["two"])
    return changed(host, routes=(*kept, *routes))


def with_bridge(subnet: str) -> Host:
    """Return the first host with another bridge, for this subnet."""
    host = node("one")
    namespace: Namespace = host.namespaces[0]
    links = (*namespace.links, Link(9, "br-app", "bridge", bridge=BridgeInfo()))
    return changed(host, links=links, routes=(*namespace.routes, route(subnet, "br-app")))


def stale_neighbour() -> Host:
    """Return the first host as it knew the second one's tunnel device before that was made anew."""
    gateway = Neighbour("flannel.1", 4, TUNNEL_ADDRESSES["two"], OLD_MAC, "PERMANENT")
    entry = FdbEntry(None, "flannel.1", OLD_MAC, remote=ADDRESSES["two"])
    return changed(node("one"), neighbours=(gateway,), fdb=(entry,))


def with_remote(remote: int) -> Host:
    """Return the first host, whose tunnel device has no forwarding entries but a remote of its own."""
    return changed(node("one", tunnel=msgspec.structs.replace(vxlan("one"), remote=remote)), fdb=())


def with_one_address() -> Host:
    """Return the first host, whose entries give the far end the hardware address of its own tunnel device."""
    entry = Neighbour("flannel.1", 4, TUNNEL_ADDRESSES["two"], TUNNEL_MACS["one"], "PERMANENT")
    fdb = FdbEntry(None, "flannel.1", TUNNEL_MACS["one"], remote=ADDRESSES["two"])
    return changed(node("one"), neighbours=(entry,), fdb=(fdb,))


def small(host: Host) -> Network:
    """Return the first host alone."""
    return Network((host,))


def without_neighbour() -> Host:
    """Return the first host, which has lost the entry for the second one's tunnel device."""
    return changed(node("one"), neighbours=())


def sending_to_itself() -> Host:
    """Return the first host, whose forwarding entry for the second one's device names the first one."""
    return node("one", remote=ADDRESSES["one"])


def learning(key: int) -> Host:
    """Return the first host, whose device asks by ARP who the far end is, with this VNI."""
    tunnel = msgspec.structs.replace(vxlan("one", key=key), remote=ADDRESSES["two"])
    return changed(node("one", tunnel=tunnel), neighbours=(), fdb=())


def sending_from(local: int) -> Host:
    """Return the first host, whose tunnel device sends from this address."""
    return node("one", tunnel=msgspec.structs.replace(vxlan("one"), local=local))


def without_device() -> Host:
    """Return the second host without its tunnel device and what went with it, but with the route to the first one's
    containers by the device that is to come."""
    host = two()
    namespace = host.namespaces[0]
    return changed(
        host,
        links=tuple(each for each in namespace.links if each.name != "flannel.1"),
        addresses=tuple(each for each in namespace.addresses if each.link != "flannel.1"),
    )


def without_tunnel_entries() -> Host:
    """Return the first host with neither route nor entries for the second one."""
    return changed(one(), neighbours=(), fdb=())


def stretched(**fields: object) -> Network:
    """Return two hosts with one subnet, of which the first has other forwarding entries or links."""
    whole = recorded("healthy-bridge-vxlan")
    netns = whole.host_netns("node1")
    return whole.with_namespace(netns, msgspec.structs.replace(whole.namespace(netns), **fields))


def without_link(network: Network, netns: Netns, name: str) -> Network:
    """Return the network without the link, its addresses and its routes."""
    namespace = network.namespace(netns)
    left = msgspec.structs.replace(
        namespace,
        links=tuple(each for each in namespace.links if each.name != name),
        addresses=tuple(each for each in namespace.addresses if each.link != name),
        routes=tuple(each for each in namespace.routes if all(hop.link != name for hop in each.next_hops)),
    )
    return network.with_namespace(netns, left)


def unmasqueraded(world: World | None = None) -> Network:
    """Return one host, whose container network was made by no engine."""
    host = host_namespace(without("! -o docker0 -j MASQUERADE"))
    return small_network(host, docker=told(networks=()), world=world)


WHOLE = network(node("one"), two())
PICKY = World(peers=(Peer(4, 0, 0, accepts=((number("198.51.100.0"), 24),)),))

STRETCHED = recorded("healthy-bridge-vxlan")
STRETCHED_ONE = STRETCHED.namespace(STRETCHED.host_netns("node1"))
ALONG_BRIDGE = Flow(FromHost(), 4, number("10.77.0.32"), "tcp", 80, host="node1")
FLOODS_TO_NONE = tuple(each for each in STRETCHED_ONE.fdb if each.remote is None)
FLOODS_ELSEWHERE = tuple(
    each if each.remote is None else msgspec.structs.replace(each, remote=STRANGER) for each in STRETCHED_ONE.fdb
)
LEARNED = (Neighbour("br-stretched", 4, ALONG_BRIDGE.daddr, 0x02420A4D0020, "REACHABLE"),)
PORT_DOWN = tuple(
    msgspec.structs.replace(each, up=False) if each.name == "vxlan77" else each for each in STRETCHED_ONE.links
)


def on_bridge(network: Network, host: str, bridge: str | None, *addresses: Address) -> Network:
    """Return the network in which the tunnel device of the host is a port of this bridge (None: of none), and links of
    the host have these addresses in place of theirs."""
    netns = network.host_netns(host)
    namespace = network.namespace(netns)
    links = tuple(
        msgspec.structs.replace(each, master=bridge, port=BridgePort() if bridge else None)
        if each.name == "vxlan77"
        else each
        for each in namespace.links
    )
    changed = {each.link for each in addresses}
    held = (*(each for each in namespace.addresses if each.link not in changed), *addresses)
    routes = (*namespace.routes, *(local(address_text(each.value, 4), each.link) for each in addresses))
    return network.with_namespace(netns, msgspec.structs.replace(namespace, links=links, addresses=held, routes=routes))


SWARM = recorded("healthy-swarm-overlay")
SWARM_TWO = SWARM.host_netns("node2")
OFF_OVERLAY = without_link(
    without_link(SWARM, SWARM_TWO.sibling("container:web"), "eth0"), SWARM_TWO.sibling("netns:1-ks21snetif"), "veth1"
)
TO_OVERLAY = Flow(
    FromContainer("web", Netns("node1", "container:web")), 4, number("10.0.9.12"), "tcp", 80, host="node1"
)
FROM_OVERLAY = Flow(
    FromContainer("web", Netns("node2", "container:web")), 4, number("10.0.9.11"), "tcp", 80, host="node2"
)
ON_DOCKER0 = on_bridge(STRETCHED, "node1", "docker0")


def entered(*, seen_by_far: bool, router: bool = False) -> Network:
    """Return two hosts, of which the first has a permanent neighbour entry for the second with a MAC of nobody's, or of
    the router."""
    entry = Neighbour("eth0", 4, ADDRESSES["two"], OLD_MAC, "PERMANENT")
    known = (Neighbour("eth0", 4, number("198.51.100.1"), OLD_MAC, "REACHABLE"),) if router else ()
    far = node("two", neighbours=(seen("two"),) if seen_by_far else ())
    return network(node("one", neighbours=(entry, *known)), two(far))


GUARDED = Flow(FromHost(), 4, INNER["two"], "tcp", 80, host="one")
UNALLOWED = Network((guarded("one", peers=to(ADDRESSES["two"], 51820, NEAR)),))

CASES: dict[str, Case] = {
    "no peer of a WireGuard device has the address": Case(
        UNALLOWED, GUARDED, ("wireguard-address-not-allowed",), Network((guarded("one"),)),
    ),
    "a node has no entries of an overlay network": Case(
        untold("node1"), TO_NODE2, ("overlay-peer-missing",), OVERLAY,
    ),
    "neither node has entries of an overlay network": Case(
        untold("node1", "node2"), TO_NODE2, ("overlay-peer-missing", "overlay-peer-missing"), OVERLAY,
    ),
    "a permanent neighbour entry for a host on the same wire": Case(
        entered(seen_by_far=True), TO_TWO, ("neighbour-entry-wrong",), entered(seen_by_far=False, router=True),
    ),
    "a permanent neighbour entry for a host that was read": Case(
        entered(seen_by_far=False), TO_TWO, ("neighbour-entry-wrong",), entered(seen_by_far=False, router=True),
    ),
    "the bridge's tunnel floods to no host": Case(
        stretched(fdb=FLOODS_TO_NONE), ALONG_BRIDGE, ("tunnel-fdb-stale",), STRETCHED,
    ),
    "the bridge's tunnel floods to another machine": Case(
        stretched(fdb=FLOODS_ELSEWHERE, neighbours=()), ALONG_BRIDGE, ("tunnel-fdb-stale",), STRETCHED,
    ),
    "the bridge's tunnel floods to another machine, and the sender has learned the receiver's hardware address": Case(
        stretched(fdb=FLOODS_ELSEWHERE, neighbours=LEARNED), ALONG_BRIDGE, ("tunnel-fdb-stale",), STRETCHED,
    ),
    "the far tunnel device is not a port of the bridge": Case(
        recorded("tunnel-port-detached"), ALONG_BRIDGE, ("tunnel-port-detached",), STRETCHED,
    ),
    "the near tunnel device is not a port of the bridge": Case(
        on_bridge(STRETCHED, "node1", None), ALONG_BRIDGE, ("tunnel-port-detached",), STRETCHED,
    ),
    "the near tunnel device is a port of another bridge": Case(
        ON_DOCKER0, ALONG_BRIDGE, ("tunnel-port-detached",), STRETCHED,
    ),
    "the far tunnel device is a port of another bridge": Case(
        on_bridge(STRETCHED, "node2", "docker0"), ALONG_BRIDGE, ("tunnel-port-detached",), STRETCHED,
    ),
    "the container's veth on the overlay is gone": Case(
        OFF_OVERLAY, TO_OVERLAY, ("container-interface-missing",), SWARM,
    ),
    "the container's veth on the overlay is gone, and it sends": Case(
        OFF_OVERLAY, FROM_OVERLAY, ("container-interface-missing",), SWARM,
    ),
    "the bridge's tunnel is down": Case(
        stretched(links=PORT_DOWN), ALONG_BRIDGE, ("host-link-down",), STRETCHED,
    ),
    "no route to the other host's containers": Case(network(one(), two()), TO_TWO, ("node-route-missing",), WHOLE),
    "neither route nor entries of the tunnel": Case(
        network(without_tunnel_entries(), two()), TO_TWO, ("node-route-missing",), WHOLE,
    ),
    "the route leads to a machine without the subnet": Case(
        network(one(route("10.244.2.0/24", "eth0", via="198.51.100.99")), two()), TO_TWO, ("node-route-wrong-host",),
        network(one(route("10.244.2.0/24", "eth0", via="198.51.100.12")), two()),
    ),
    "the other host has another address now": Case(
        network(node("one", remote=STRANGER), two()), TO_TWO, ("tunnel-fdb-stale",), WHOLE,
    ),
    "no forwarding entry for the other host": Case(
        network(changed(node("one"), fdb=()), two()), TO_TWO, ("tunnel-fdb-stale",), WHOLE,
    ),
    "no forwarding entry for a host that was not read": Case(
        Network((changed(node("one"), fdb=()),)), TO_TWO, ("tunnel-fdb-stale",), Network((node("one"),)),
    ),
    "the device's own remote is another machine": Case(
        network(with_remote(STRANGER), two()), TO_TWO, ("tunnel-fdb-stale",),
        network(with_remote(ADDRESSES["two"]), two()),
    ),
    "the other tunnel device was made anew": Case(
        network(stale_neighbour(), two()), TO_TWO, ("tunnel-neighbour-stale",), WHOLE,
    ),
    "the far end has the tunnel device's own address": Case(
        small(with_one_address()), TO_TWO, ("tunnel-ends-alike",), small(node("one")),
    ),
    "no neighbour entry for the other tunnel device": Case(
        network(without_neighbour(), two()), TO_TWO, ("tunnel-neighbour-stale",), WHOLE,
    ),
    "the forwarding entry leads back": Case(
        network(sending_to_itself(), two()), TO_TWO, ("tunnel-fdb-stale",), WHOLE,
    ),
    "another VNI than the device that ARP asks for": Case(
        network(learning(2), two()), TO_TWO, ("tunnel-ends-differ",), network(learning(1), two()),
    ),
    "the tunnel sends from another machine's address": Case(
        network(sending_from(STRANGER), two()), TO_TWO, ("tunnel-source-lost",),
        network(sending_from(ADDRESSES["one"]), two()),
    ),
    "no tunnel device there": Case(
        network(node("one"), without_device()), TO_TWO, ("tunnel-end-missing",), WHOLE,
    ),
    "another VNI there": Case(
        network(node("one"), two(node("two", tunnel=vxlan("two", key=2)))), TO_TWO, ("tunnel-ends-differ",), WHOLE,
    ),
    "another port there": Case(
        network(node("one"), two(node("two", tunnel=vxlan("two", port=4789)))), TO_TWO, ("tunnel-ends-differ",), WHOLE,
    ),
    "a bridge here covers the other host's containers": Case(
        network(with_bridge("10.244.2.0/25"), two()), TO_TWO, ("container-subnet-on-two-hosts",),
        network(with_bridge("10.244.2.128/25"), two()),
    ),
    "the far INPUT drops the tunnel's port": Case(
        network(node("one"), two(node("two", rules=BLOCKED))), TO_TWO, ("vxlan-port-blocked",), WHOLE,
    ),
    "the far INPUT accepts nothing": Case(
        network(node("one"), two(node("two", rules=CLOSED))), TO_TWO,
        ("vxlan-port-blocked", "input-drops-host-service"), WHOLE,
    ),
    "the near INPUT drops the tunnel's replies": Case(
        network(node("one", rules=BLOCKED), two()), TO_TWO, ("vxlan-port-blocked",), WHOLE,
    ),
    "INPUT drops the tunnel's answers of a host that was not read": Case(
        network(node("one", rules=BLOCKED)), TO_TWO, ("vxlan-port-blocked",), network(node("one")),
    ),
    "OUTPUT refuses the tunnel's port": Case(
        network(node("one", rules=SENDS_NONE), two()), TO_TWO, ("vxlan-port-blocked",), WHOLE,
    ),
    "full segments do not fit the underlay": Case(
        network(node("one", tunnel=SETS_DF, mtu_bytes=1400), two()), BULK_TO_TWO, ("overlay-mtu-too-large",),
        network(node("one", mtu_bytes=1400), two()),
    ),
    "a peer drops containers' addresses": Case(
        unmasqueraded(PICKY), egress(), ("upstream-filters-container-addresses",), unmasqueraded(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("sick", "flow"),
    (
        # Another bridge of node1 has the subnet, too.
        (on_bridge(STRETCHED, "node1", "docker0", Address("docker0", 4, number("10.77.0.3"), 24)), ALONG_BRIDGE),
        # Moved to docker0, node2's end would join a subnet as well.
        (on_bridge(ON_DOCKER0, "node2", "br-stretched", Address("docker0", 4, number("172.17.0.9"), 16)), ALONG_BRIDGE),
    ),
)
def test_a_tunnel_device_is_not_moved_where_its_bridge_is_in_doubt(sick: Network, flow: Flow) -> None:
    diagnosis = diagnose(sick, flow)
    assert not diagnosis.trace.succeeds
    assert "tunnel-port-detached" not in [each.cause for each in diagnosis.causes]


OTHER_WAY = "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink"
NEAR_ROUTE, NARROW = (
    network(one(route(text, "eth0", via="198.51.100.99")), two()) for text in ("10.244.2.0/24", "10.244.2.0/25")
)
FOR_ALL = FdbEntry(None, "flannel.1", 0, state="permanent", remote=STRANGER)
# host, the commands of the remedy: no moment without a route or an entry
REPAIRS: dict[str, tuple[Network, tuple[str, ...]]] = {
    "a route is replaced": (NEAR_ROUTE, (f"ip route replace {OTHER_WAY}",)),
    "a narrower route goes last": (
        NARROW, (f"ip route add {OTHER_WAY}", "ip route del 10.244.2.0/25 via 198.51.100.99 dev eth0"),
    ),
    "a forwarding entry is replaced": (
        network(node("one", remote=STRANGER), two()),
        ("bridge fdb replace 02:00:00:00:00:22 dev flannel.1 dst 198.51.100.12 self",),
    ),
    "an entry for all frames goes last": (
        network(changed(node("one"), fdb=(FOR_ALL,)), two()),
        (
            "bridge fdb append 00:00:00:00:00:00 dev flannel.1 dst 198.51.100.12 self",
            "bridge fdb del 00:00:00:00:00:00 dev flannel.1 dst 198.51.100.99 self",
        ),
    ),
    "a neighbour entry is replaced": (
        network(stale_neighbour(), two()),
        (
            "ip neigh replace 10.244.2.0 dev flannel.1 lladdr 02:00:00:00:00:22 nud permanent",
            "bridge fdb append 02:00:00:00:00:22 dev flannel.1 dst 198.51.100.12 self",
        ),
    ),
    "no command takes a bridge's subnet away": (network(with_bridge("10.244.2.0/25"), two()), ()),
}  # fmt: skip


@pytest.mark.parametrize(("sick", "commands"), REPAIRS.values(), ids=REPAIRS)
def test_repairs_leave_no_gap(sick: Network, commands: tuple[str, ...]) -> None:
    diagnosis = diagnose(sick, TO_TWO)
    assert diagnosis.proof is not None
    assert succeeds(diagnosis.proof.with_change)
    (found,) = diagnosis.causes
    (made,) = remedies(found.cause, found.candidate, sick)
    assert made.commands == commands


def test_a_subnet_on_two_hosts_is_mended_by_a_person() -> None:
    (found,) = diagnose(network(with_bridge("10.244.2.0/25"), two()), TO_TWO).causes
    (made,) = remedies(found.cause, found.candidate, network(with_bridge("10.244.2.0/25"), two()))
    assert (made.id, made.steps, made.keeping, made.side_effects) == ("recreate-network", (), (), ())
    assert "docker network create --subnet" in str(made.advice[0])


TO_PORT = Flow(Outside(ADDRESSES["two"]), 4, ADDRESSES["one"], "udp", 8472, host="one")


@pytest.mark.parametrize(
    ("tunnel", "up", "named"),
    ((vxlan("one"), True, True), (vxlan("one"), False, False), (vxlan("one", port=4789), True, False)),
)
def test_a_packet_for_the_port_of_a_tunnel_that_is_up_is_the_tunnels(tunnel: Tunnel, up: bool, named: bool) -> None:
    """Who asks from outside may be the other end of the tunnel, on a host that was not read."""
    host = node("one", rules=BLOCKED, tunnel=tunnel)
    links = tuple(
        msgspec.structs.replace(each, up=up) if each.name == "flannel.1" else each for each in host.namespaces[0].links
    )
    asked = network(changed(host, links=links))
    trace = walk_flow(asked, TO_PORT)
    assert trace.usual.stop is not None
    found = tuple(vxlan_port_blocked.find(View(asked, TO_PORT, trace.usual, trace.usual.stop)))
    assert bool(found) is named


def test_what_the_nodes_of_an_overlay_network_lack_is_left_to_dockerd() -> None:
    (suspect,) = diagnose(untold("node1"), TO_NODE2).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, OVERLAY)
    assert remedy.commands == ()
    assert [text in str(remedy.advice) for text in ("wait a minute", "7946")] == [True, True]


def test_a_wireguard_device_without_a_peer_for_the_address() -> None:
    """Of one host, whose far end is not read: the keys are supposed to fit, as on a healthy host."""
    (suspect,) = diagnose(UNALLOWED, GUARDED).causes
    assert not suspect.candidate.offered
    assert "peer 1 of wg0" in " | ".join(str(one) for way in suspect.candidate.ways for one in way.said)
