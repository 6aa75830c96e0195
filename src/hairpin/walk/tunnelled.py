"""Clients behind a tunnel: the tunnel's far end sends their packets inside outer packets.

The route back to the client shows the tunnel: for example, an overlay's route to another node's containers, or a VPN's
route to its members.  A default route into a tunnel does not show where a client is, because it covers all addresses.
"""

import msgspec

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop
from hairpin.netfilter.packet import ACK, SYN, Packet
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.walk.answer import answer_to
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import End, Frame, Sender, State

_HALF = 1
"""The prefix length of half of all addresses.  Two routes to 0.0.0.0/1 and 128.0.0.0/1 are a VPN's default route."""


def tunnel_to(network: Network, netns: Netns, version: Version, client: int) -> tuple[Link, NextHop] | None:
    """Return the tunnel device of the route to the client, and the route's next hop; None if only a default route
    covers the client, or if the route's link is no tunnel."""
    namespace = network.namespace(netns)
    found = lookup(namespace, Query(version, client))
    if found.type != "unicast" or found.route is None or found.route.prefix_length <= _HALF or not found.next_hops:
        return None
    hop = found.next_hops[0]
    link = namespace.link(hop.link or "")
    return (link, hop) if link is not None and is_tunnel(link) else None


def is_known_in_tunnel(network: Network, state: State) -> bool:
    """Return whether the packet left a container by the container's own tunnel, from the container's address there.

    The tunnel's far end gave the container this address, and knows the way back to it.  A machine beside the host is
    not behind that far end."""
    namespace, packet = network.namespace(state.netns), state.packet
    link = None if state.netns.is_host else namespace.link(state.oif)
    if link is None or not is_tunnel(link):
        return False
    from hairpin.network.tunnel.inner import network_around

    if network_around(network, state.netns, packet.version, packet.daddr)[2]:
        return False
    own = ((each.link, each.version, each.value) for each in namespace.addresses)
    return (link.name, packet.version, packet.saddr) in own


def is_tunnel(link: Link) -> bool:
    """Return whether the link carries its packets to other machines inside packets of another link."""
    return link.tunnel is not None or link.wireguard is not None or link.kind == "tun"


def inside_tunnel(network: Network, state: State, link: Link, hop: NextHop) -> State | End | None:
    """Return the outer packet in which the tunnel's far end sends the client's packet.  The outer packet comes from the
    far end to which the host sends packets for the client.  Return None if that far end is unknown; the walk then
    begins at the tunnel device."""
    back = answer_to(state.packet, SYN | ACK)
    sent = State("neighbour", state.netns, back, oif=link.name, next_hop=hop, sender=Sender(uid=0))
    ends = walk_packet(network, sent)
    lost = next((each for each in ends if each.stop is not None and each.stop.reason == "no-source-address"), None)
    if lost is not None:
        return lost  # the far end still sends to the address that the tunnel device has lost
    end = next((each for each in ends if each.kind == "left"), None)
    if end is None or end.state.carried is None:
        return None
    out = end.state
    assert out.carried is not None
    from hairpin.walk.link.far_end import carried_back, outer_answer

    carried = carried_back(out.carried, state.packet)
    outer = outer_answer(network, carried, out.packet)
    return State(
        "device-in", out.netns, outer, iif=out.oif, frame=Frame(vid=out.frame.vid), history=state.history,
        carried=carried,
    )  # fmt: skip


def innermost(state: State) -> Packet:
    """Return the state's packet; if it is a tunnel's outer packet, return the inner packet."""
    return state.packet if state.carried is None else state.carried.frame.packet


def with_innermost(state: State, packet: Packet) -> State:
    """Return the state with ``packet`` in place of its packet; in a tunnel's outer packet, in place of the inner
    packet."""
    carried = state.carried
    if carried is None:
        return msgspec.structs.replace(state, packet=packet)
    frame = msgspec.structs.replace(carried.frame, packet=packet)
    return msgspec.structs.replace(state, carried=msgspec.structs.replace(carried, frame=frame))
