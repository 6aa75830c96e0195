"""How large a packet may be on its way: MTUs of routes and links, who is told, and what goes on in fragments.

A packet that goes on in fragments stays one packet here, with the size of its largest piece: whoever tracks connections
or takes it in puts it together again.  Rules where nothing tracks connections would see the pieces.

Source: net/ipv4/ip_forward.c ip_exceeds_mtu(), net/ipv6/ip6_output.c ip6_pkt_too_big(); include/net/ip.h
ip_dst_mtu_maybe_forward(), include/net/ip6_route.h ip6_dst_mtu_maybe_forward(); net/core/dev.c is_skb_forwardable()
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import Route
from hairpin.netfilter.packet import ICMP, ICMP6, UDP, Packet
from hairpin.walk.state import End, LinkDecided, Stage, State, stopped

_VLAN_HEADER = 4
"""Bytes by which a frame may exceed the MTU of the link that takes it over: it could have been tagged."""
_LEAST6 = 1280


def route_mtu(namespace: Namespace, route: Route | None, link: str, *, forwarding: bool) -> int | None:
    """Return the MTU of a way on in bytes, or None where the link is not known.

    An IPv6 router goes by the link alone, unless the route's MTU is locked, which no reading tells.
    """
    found = namespace.link(link)
    own = route.mtu_bytes if route is not None and not (forwarding and route.version == 6) else None
    mtu = own or (found.mtu_bytes if found is not None else None)
    return max(mtu, _LEAST6) if mtu is not None and forwarding and route is not None and route.version == 6 else mtu


def piece_of(state: State) -> int:
    """Return the length in bytes of the packet, or of the largest piece that it goes in."""
    return state.fragment_bytes or state.packet.length_bytes


def too_big_to_forward(state: State, mtu: int | None) -> str | None:
    """Return what a router answers to a packet that does not fit, or None where it goes on (in fragments)."""
    packet = state.packet
    if mtu is None or piece_of(state) <= mtu or (packet.version == 4 and not packet.dont_fragment):
        return None
    return "icmp-frag-needed" if packet.version == 4 else "icmp6-too-big"


def sent_in_pieces(state: State, stage: Stage) -> State | End:
    """Return the packet as IP hands it to its link: whole, in fragments, or not at all.

    Source: net/ipv4/ip_output.c __ip_finish_output(), ip_do_fragment(); net/ipv6/ip6_output.c ip6_fragment()
    """
    mtu, packet = state.mtu_bytes, state.packet
    if mtu is None or piece_of(state) <= mtu:
        return state
    # Sockets of UDP and ICMP let their packets be cut, and do not forbid it to others then: TCP is told what fits.
    may = not state.iif and packet.protocol in (UDP, ICMP, ICMP6)
    if not may and (packet.version == 6 or packet.dont_fragment):
        answer = "icmp-frag-needed" if packet.version == 4 else "icmp6-too-big"
        return stopped(state, "mtu", stage=stage, link=state.oif, reject=answer)
    cut = msgspec.structs.replace(packet, dont_fragment=False)
    return msgspec.structs.replace(state, packet=cut, fragment_bytes=_largest_piece(packet, mtu))


def _largest_piece(packet: Packet, mtu: int) -> int:
    header = 20 if packet.version == 4 else 48
    return header + (mtu - header) // 8 * 8


def taken_over(state: State, link: Link) -> End | None:
    """Return the end of a frame that is too long for a bridge port, or for the veth that it arrives at."""
    if piece_of(state) <= link.mtu_bytes + _VLAN_HEADER:
        return None
    decided = LinkDecided(link.name, f"has an MTU of {link.mtu_bytes}", link.evidence)
    return stopped(state, "mtu", link=link.name, decided_by=decided)
