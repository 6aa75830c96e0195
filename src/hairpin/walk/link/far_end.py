"""The far end of a tunnel that nobody read: it is presumed to answer what it gets, in an outer packet of its own."""

import msgspec

from hairpin.netfilter.packet import Packet
from hairpin.network import flannel, wireguard
from hairpin.network.network import Network
from hairpin.network.tunnels import overhead_bytes
from hairpin.walk.answer import answer_to
from hairpin.walk.link.tunnel import outer_packet
from hairpin.walk.state import Carried, State


def carried_back(carried: Carried, answer: Packet) -> Carried:
    """Return what the far end sends back: the answer to the frame that it got."""
    frame = carried.frame
    back = msgspec.structs.replace(answer, smac=frame.packet.dmac, dmac=frame.packet.smac)
    return Carried(State("device-in", frame.netns, back), carried.tunnel)


def outer_answer(network: Network, carried: Carried, outer: Packet) -> Packet:
    """Return the outer packet in which the far end sends back what is carried, for the outer packet that it got.

    WireGuard and flanneld send from the port at which they listen.
    """
    inner = carried.frame.packet.length_bytes
    match carried.tunnel.kind:
        case wireguard.KIND:
            length = wireguard.outer_length(inner, inner, outer.version)
        case flannel.KIND:
            length = inner + overhead_bytes(carried.tunnel)
        case _:
            return outer_packet(network, carried.tunnel, carried.frame, outer.daddr, outer.saddr)
    return msgspec.structs.replace(answer_to(outer, 0), length_bytes=length)
