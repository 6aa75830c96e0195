"""Machines behind the ports of a bridge: virtual machines, machines of the LAN, containers with a link in the LAN.

A frame to such a machine crosses the bridge.  It is not routed, and the IP hooks see it only with br_netfilter.
Source: net/bridge/br_input.c br_handle_frame_finish()
"""

from collections.abc import Iterator

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network, accepts_address, bridge_ports, is_bridge_port, is_held, is_uplink
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.walk.link.arp import may_proxy
from hairpin.walk.link.segment import port_towards, who_answers
from hairpin.walk.state import Frame, State


def frame_from_outside(network: Network, netns: Netns, link: Link, packet: Packet) -> Frame:
    """Return the frame in which a packet from outside comes in by ``link``.

    If ``link`` is a bridge port, the frame may be addressed to a namespace behind another port of the bridge.  If no
    namespace that was read has the destination, and the bridge's own network contains it, the frame may also be
    addressed to a machine that was not read."""
    namespace = network.namespace(netns)
    bridge = namespace.link(link.master or "") if is_bridge_port(namespace, link) else None
    if bridge is None or accepts_address(namespace, packet.version, packet.daddr):
        return Frame()
    if is_held(network, packet.version, packet.daddr):
        answer = who_answers(network, netns, bridge, packet.version, packet.daddr)
        return Frame(target=answer.port) if answer.kind == "owner" else Frame()
    if may_proxy(namespace, bridge.name):
        return Frame()
    found = lookup(namespace, Query(packet.version, packet.daddr))
    if found.type != "unicast" or any(hop.link != bridge.name or hop.gateway is not None for hop in found.next_hops):
        return Frame()
    return Frame(foreign=next(ports_beyond(network, netns, bridge, link.name), None) is not None)


def ports_beyond(network: Network, netns: Netns, bridge: Link, came_by: str) -> Iterator[Link]:
    """Yield the ports of the bridge, except ``came_by``, that are up and lead to machines that were not read."""
    ports = (each for each in bridge_ports(network.namespace(netns), bridge.name) if each.name != came_by)
    yield from (each for each in ports if each.up and each.tunnel is None and is_uplink(network, netns, each))


def way_across(network: Network, state: State, bridge: Link) -> Link | None:
    """Return the port by which the bridge forwards a frame that came in by one of its other ports, or None."""
    if state.frame.foreign:
        beyond = next(ports_beyond(network, state.netns, bridge, state.frame.physin), None)
        if beyond is not None:
            return beyond
    return port_towards(network, state.netns, bridge.name, state.frame.target, state.packet.dmac)
