"""The far end of a tunnel whose outer packet has left for a host that was not read.

The far end is assumed to answer in an outer packet.  If the inner frame's receiver is on a host that was read, the
outer packet went to a wrong address.
"""

import msgspec

from hairpin.message import message
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.tunnel import wireguard
from hairpin.network.wires import holder_of
from hairpin.walk.answer import answer_to
from hairpin.walk.decided import Assumed
from hairpin.walk.link.tunnel import outer_packet
from hairpin.walk.state import Carried, State


def carried_back(carried: Carried, answer: Packet) -> Carried:
    """Return the inner frame of the answer: the far end answers the frame that it received in the tunnel."""
    frame = carried.frame
    back = msgspec.structs.replace(answer, smac=frame.packet.dmac, dmac=frame.packet.smac)
    return Carried(State("device-in", frame.netns, back), carried.tunnel)


def outer_answer(network: Network, carried: Carried, outer: Packet) -> Packet:
    """Return the outer packet in which the far end sends its answer ``carried``, after it received the outer packet
    ``outer``.

    WireGuard sends from the port on which it listens.
    """
    if carried.tunnel.kind != wireguard.KIND:
        return outer_packet(network, carried.tunnel, carried.frame, outer.daddr, outer.saddr)
    inner = carried.frame.packet.length_bytes
    length = wireguard.outer_length(inner, inner, outer.version)
    return msgspec.structs.replace(answer_to(outer, 0), length_bytes=length)


def wrong_end(network: Network, state: State) -> Assumed | None:
    """Return the fact that a tunnel's outer packet goes to a wrong address: the inner frame's receiver is on another
    host.

    Return None if the address is right, or if the receiver's host was not read.
    """
    carried = state.carried
    if carried is None:
        return None
    frame = carried.frame
    for netns, namespace in network.namespaces():
        for link in namespace.links:
            own = link.tunnel
            same = own is not None and (own.kind, own.key) == (carried.tunnel.kind, carried.tunnel.key)
            if same and link.mac is not None and link.mac == frame.packet.dmac and netns != frame.netns:
                target = address_text(state.packet.daddr, state.packet.version)
                return Assumed(
                    message(
                        "{link} of {host} has the frame's hardware address, but {address} is not its address",
                        link=link.name,
                        host=netns.host,
                        address=target,
                    ),
                    "read",
                )
    return _wrong_end_of_bridges(network, state, carried)


def _wrong_end_of_bridges(network: Network, state: State, carried: Carried) -> Assumed | None:
    """Return the fact that a tunnelled frame is lost: its destination is behind another host's tunnel device that is a
    bridge port.  Return None if no host that was read has the destination behind such a device."""
    frame = carried.frame
    holder = holder_of(network, frame.packet.version, frame.packet.daddr, besides=frame.netns.host)
    if holder is None:
        return None
    for link in network.namespace(holder.of_host).links:
        if link.tunnel is not None and link.tunnel.kind == carried.tunnel.kind and link.master is not None:
            return Assumed(
                message(
                    "{address} is behind {link} of {host}, which does not have {target}",
                    address=address_text(frame.packet.daddr, frame.packet.version),
                    link=link.name,
                    host=holder.host,
                    target=address_text(state.packet.daddr, state.packet.version),
                ),
                "read",
            )
    return None
