"""A tunnel device is not a port of the bridge that it should connect with another host's bridge.

Users see: two hosts share one container subnet, and the containers of one host do not reach the containers of the other
host.

Proof: the tunnel device has no master, or its master is not the bridge that has the subnet of the far device's bridge.
With that bridge as its master, the packet arrives.
Now: ``ip link set TUNNEL master BRIDGE``.
Lasting: keep network managers away from the bridge and its tunnel device.
"""

import msgspec

from hairpin.causes.between_hosts._overlay import overlay_netns
from hairpin.causes.between_hosts._tunnelled import bridge_behind, segment_bridge
from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfLink, View, message
from hairpin.change.change import SetLink, one
from hairpin.host.link import Address, BridgePort, Link
from hairpin.network.network import Network, Port, addresses_of, bridge_ports, is_bridge_port, veth_peer
from hairpin.network.wires import holder_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each tunnel device that is no port of its bridge although the far end's device is a port.
    Yield one candidate also for an overlay network's vxlan device that is a port of no bridge."""
    yield from _loose_in_overlay(view)
    address = view.stop.address
    holder = holder_of(view.network, view.flow.version, address, besides=view.stop.netns.host) if address else None
    near = segment_bridge(view)
    far = _bridge_of(view.network, holder, address) if holder is not None and address else None
    if holder is None or near is None or far is None or near.kind != "bridge":
        return
    here, there = _Segment(view.host_netns, near), _Segment(holder.of_host, far)
    yield from _loose(view, here, there)
    yield from _loose(view, there, here)


def _loose_in_overlay(view: View) -> Iterator[Candidate]:
    """Yield one candidate for an overlay network's vxlan device that is a port of no bridge.  dockerd makes one vxlan
    device for each bridge of the network. Source: moby libnetwork/drivers/overlay/ov_network.go setupSubnetSandbox()"""
    netns = overlay_netns(view)
    namespace = view.network.namespace(netns) if netns is not None else None
    if netns is None or namespace is None:
        return
    loose = [each for each in namespace.links if each.tunnel is not None and each.master is None]
    joined = {each.master for each in namespace.links if each.tunnel is not None}
    bridges = [each.name for each in namespace.links if each.kind == "bridge" and each.name not in joined]
    if len(loose) != 1 or len(bridges) != 1:
        return
    link, bridge = loose[0], bridges[0]
    facts = {"link": link.name, "host": netns.host, "bridge": bridge}
    yield Candidate(
        title=message("{link} of {host} is not a port of {bridge}", **facts),
        detail=message(
            "dockerd made the device and the bridge for an overlay network, in the namespace {netns}. Now the "
            "network's frames from and to other nodes are lost.",
            netns=netns.name,
        ),
        change=one(SetLink(netns, msgspec.structs.replace(link, master=bridge, port=BridgePort()))),
        where=OfLink(host=netns.host, netns=netns, link=link.name, master="none", wanted=bridge),
        in_class="stale-tunnel-entry",
        evidence=(link.evidence,) if link.evidence else (),
        advice=(_UNMANAGED,),
    )


_UNMANAGED = message("keep network managers away from docker0, br-* and their tunnel devices (unmanaged)")


class _Segment(msgspec.Struct, frozen=True):
    """A bridge, and the network namespace that has it."""

    netns: Netns
    bridge: Link


def _loose(view: View, here: _Segment, there: _Segment) -> Iterator[Candidate]:
    """Yield one candidate for each tunnel device that is no port of its bridge although the device at its far end is a
    bridge port."""
    netns, bridge, host = here.netns, here.bridge, here.netns.host
    namespace, other = view.network.namespace(netns), view.network.namespace(there.netns)
    for link in namespace.links:
        ports = (each for each in bridge_ports(other, there.bridge.name) if is_bridge_port(other, each))
        if link.tunnel is None or not any(_joins(link, each) for each in ports):
            continue
        wrong = namespace.link(link.master) if link.master is not None else None
        routed = wrong is None and addresses_of(namespace, link.name, 4)
        if routed or wrong == bridge or (wrong is not None and not _is_strayed(view.network, here, wrong, there)):
            continue
        attached = msgspec.structs.replace(link, master=bridge.name, port=BridgePort())
        yield Candidate(
            title=message("{link} of {host} is not a port of {bridge}", link=link.name, host=host, bridge=bridge.name),
            detail=message(
                "The tunnel joins {bridge} with {far_bridge} of {far}. The far end of the tunnel is a port of "
                "{far_bridge}. The end on this host is a port of no bridge, so the tunnel's frames are lost.",
                bridge=bridge.name, far_bridge=there.bridge.name, far=there.netns.host,
            )
            if wrong is None
            else message(
                "On {far}, the tunnel's end is a port of {far_bridge}. On {host}, {bridge} has the same subnet, but "
                "the tunnel's end {link} is a port of {wrong}.",
                far=there.netns.host, far_bridge=there.bridge.name, bridge=bridge.name, host=host, link=link.name,
                wrong=wrong.name,
            ),
            change=one(SetLink(netns, attached)),
            where=OfLink(host=host, link=link.name, master=link.master or "none", wanted=bridge.name),
            in_class="stale-tunnel-entry",
            evidence=(link.evidence,) if link.evidence else (),
            advice=(_UNMANAGED,),
        )  # fmt: skip


def _is_strayed(network: Network, here: _Segment, wrong: Link, there: _Segment) -> bool:
    """Return whether the tunnel device belongs to the bridge ``here`` and not to its present master ``wrong``.  The
    tunnel device belongs to ``here`` if ``here`` and ``there`` are more alike than any other pair of bridges that the
    tunnel could connect."""
    asked = _likeness(network, here, there)
    own = (_Segment(here.netns, each) for each in _bridges(network, here.netns) if each != here.bridge)
    far = (_Segment(there.netns, each) for each in _bridges(network, there.netns) if each != there.bridge)
    present = _Segment(here.netns, wrong)
    rivals = (*(_likeness(network, each, there) for each in own), *(_likeness(network, present, each) for each in far))
    return asked > max(rivals, default=0)


def _likeness(network: Network, one_: _Segment, other: _Segment) -> int:
    """Return 2 if the two bridges share a subnet but no address, 1 if they share a subnet and an address, and 0 if they
    share no subnet.  A shared address proves less, because docker0 has the address 172.17.0.1 on every host."""
    held, far = _held(network, one_), _held(network, other)
    if not {_subnet(each) for each in held} & {_subnet(each) for each in far}:
        return 0
    return 1 if {each.value for each in held} & {each.value for each in far} else 2


def _held(network: Network, segment: _Segment) -> tuple[Address, ...]:
    """Return the global addresses of the bridge and of the containers on it."""
    netns, bridge = segment.netns, segment.bridge.name
    peers = (veth_peer(network, netns, each) for each in bridge_ports(network.namespace(netns), bridge))
    return tuple(
        address
        for port in (Port(netns, bridge), *(each for each in peers if each is not None))
        for address in network.namespace(port.netns).addresses
        if (address.link, address.scope) == (port.link, "global")
    )


def _subnet(address: Address) -> tuple[int, int, int]:
    first = address.prefix.first
    return address.version, first, address.prefix_length


def _bridges(network: Network, netns: Netns) -> Iterator[Link]:
    return (each for each in network.namespace(netns).links if each.kind == "bridge")


def _joins(one_: Link, other: Link) -> bool:
    """Return whether the devices are ends of one tunnel, which have the same kind, UDP port and VNI."""
    return other.tunnel is not None and one_.tunnel is not None and (
        (one_.tunnel.kind, one_.tunnel.key, one_.tunnel.port)
        == (other.tunnel.kind, other.tunnel.key, other.tunnel.port)
    )  # fmt: skip


def _bridge_of(network: Network, holder: Netns, address: int) -> Link | None:
    """Return the bridge that has the address, or the bridge to which the link with the address leads; else None."""
    namespace = network.namespace(holder)
    name = next((each.link for each in namespace.addresses if each.value == address), "")
    link = namespace.link(name)
    if link is None or holder.is_host:
        return link if link is not None and link.kind == "bridge" else None
    return bridge_behind(network, holder, link)


CAUSE = Cause(
    title=message("A tunnel device between the bridges of two hosts is not a port of its own host's bridge"),
    source="ip-link(8): master",
    reasons=frozenset({"no-neighbour", "neighbour-wrong"}),
)
