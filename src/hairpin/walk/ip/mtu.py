"""How large a packet may be: MTUs of routes and links, fragments, and the ICMP errors about packets that exceed an MTU.

The walk carries a packet that travels in fragments as one packet with the size of its largest fragment.  Connection
tracking and local delivery defragment the packet, and the kernel remembers that size (IPCB(skb)->frag_max_size).
Without connection tracking, rules would see each fragment; this is not modelled.

Source: net/ipv4/ip_forward.c ip_exceeds_mtu(), net/ipv6/ip6_output.c ip6_pkt_too_big(); include/net/ip.h
ip_dst_mtu_maybe_forward(), include/net/ip6_route.h ip6_dst_mtu_maybe_forward(); net/core/dev.c is_skb_forwardable();
net/bridge/br_netfilter_hooks.c
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.host.link import IPV6_MIN_MTU, Link
from hairpin.host.route import Route
from hairpin.message import message
from hairpin.netfilter.packet import ICMP, ICMP6, UDP, Packet
from hairpin.network.prefix import Version
from hairpin.walk.state import End, Stage, State, stopped, stopped_by

_VLAN_HEADER = 4
"""The number of bytes by which a frame may exceed the MTU of the link that receives it: the length of a VLAN tag."""


def route_mtu(namespace: Namespace, route: Route | None, link: str, *, forwarding: bool) -> int | None:
    """Return the MTU of a route in bytes, or None if the link is not known.

    For most forwarded packets the link's MTU counts, and not the route's.  (The kernel also uses an IPv4 route's locked
    MTU, but no reading shows the lock.)
    """
    own = route.mtu_bytes if route is not None and not (forwarding and _by_link(namespace, route.version)) else None
    mtu = own or _link_mtu(namespace, link, 6 if route is not None and route.version == 6 else 4)
    return (
        max(mtu, IPV6_MIN_MTU) if mtu is not None and forwarding and route is not None and route.version == 6 else mtu
    )


def _link_mtu(namespace: Namespace, link: str, version: Version) -> int | None:
    """Return the MTU of the link for that version of IP.

    IPv6 keeps its own MTU for each link.  A router may announce this MTU, and it stays when the device's MTU changes
    (include/net/ip6_route.h: idev->cnf.mtu6).
    """
    found = namespace.link(link)
    told = namespace.sysctl("net", "ipv6", "conf", link, "mtu") if version == 6 else None
    return told or (found.mtu_bytes if found is not None else None)


def _by_link(namespace: Namespace, version: int) -> bool:
    if version == 6:
        return Novelty.FORWARDS_BY_LINK6.known_to(namespace.kernel)
    if Novelty.FORWARDS_BY_ROUTE4.known_to(namespace.kernel):
        return False
    by_route = namespace.sysctl("net", "ipv4", "ip_forward_use_pmtu")
    return not by_route and Novelty.FORWARDS_BY_LINK4.known_to(namespace.kernel)


def fragmented_by_socket(state: State, mtu: int | None) -> State:
    """Return a local packet as its socket makes it, with fragments if it exceeds the MTU.

    UDP and ICMP sockets make fragments that fit the MTU of the route, without DF.  TCP makes segments that fit the
    route's MTU.

    Source: net/ipv4/ip_output.c __ip_append_data(), __ip_make_skb()
    """
    packet = state.packet
    if mtu is None or packet.length_bytes <= mtu or packet.protocol not in _CUT or state.carried is not None:
        return state
    return msgspec.structs.replace(state, packet=msgspec.structs.replace(packet, dont_fragment=False)).with_fragments(
        by_socket=mtu
    )


_CUT = (UDP, ICMP, ICMP6)


def defragmented(namespace: Namespace, state: State) -> State:
    """Return the packet as PREROUTING sees it: defragmented, if the namespace has tables (a namespace with tables
    mostly tracks connections).

    Source: net/ipv4/netfilter/nf_defrag_ipv4.c, net/ipv6/netfilter/nf_conntrack_reasm.c nf_ct_frag6_reasm()
    """
    if state.fragments.largest is None or not namespace.ruleset.tables:
        return state
    return state.with_fragments(defragmented=state.fragments.largest)


def received_from_bridge(state: State) -> State:
    """Return the packet as the IP layer receives it from the bridge.

    br_netfilter has defragmented the packet for the IP hooks.  The IP layer clears the fragment size, so the packet
    stays whole if it fits the MTU.

    Source: net/ipv4/ip_input.c ip_rcv_core(), net/ipv6/ip6_input.c ip6_rcv_core(): they clear skb->cb
    """
    return state.with_fragments(largest=None) if state.fragments.defragmented else state


def length_on_wire(state: State) -> int:
    """Return the length in bytes of the packet, or of its largest fragment."""
    return state.fragments.largest or state.packet.length_bytes


def too_big_to_forward(state: State, mtu: int | None) -> str | None:
    """Return the ICMP error for a forwarded packet that exceeds the MTU; None if the packet can be forwarded."""
    packet = state.packet
    if mtu is None or length_on_wire(state) <= mtu or (packet.version == 4 and not packet.dont_fragment):
        return None
    if packet.version == 6 and state.fragments.defragmented and state.fragments.largest is None:
        return None
    return "icmp-frag-needed" if packet.version == 4 else "icmp6-too-big"


def fragmented(state: State, stage: Stage) -> State | End:
    """Return the packet as the IP layer gives it to the link: whole or in fragments; its end if it must not be
    fragmented.

    Fragments that a socket made keep their size, even if a later route has a larger MTU.

    Source: net/ipv4/ip_output.c __ip_finish_output(), ip_do_fragment(); net/ipv6/ip6_output.c ip6_fragment()
    """
    mtu, packet = state.mtu_bytes, state.packet
    if mtu is None or length_on_wire(state) <= mtu:
        return state
    may = not state.iif and packet.protocol in _CUT and state.carried is None
    may = may or (state.fragments.defragmented > 0 and state.fragments.largest is None)
    if not may and (packet.version == 6 or packet.dont_fragment):
        answer = "icmp-frag-needed" if packet.version == 4 else "icmp6-too-big"
        return stopped(state, "mtu", stage=stage, link=state.oif, reject=answer)
    cut = msgspec.structs.replace(packet, dont_fragment=False)
    if 0 < state.fragments.defragmented <= mtu:  # the kernel still has the original fragments
        return msgspec.structs.replace(state, packet=cut).with_fragments(largest=state.fragments.defragmented)
    fits = min(mtu, state.fragments.by_socket or mtu) if not state.iif else mtu
    return msgspec.structs.replace(state, packet=cut).with_fragments(largest=_largest_fragment(packet, fits))


def fragmented_by_bridge(state: State, mtu: int, out: Link) -> State | End:
    """Return a frame that br_netfilter gives to the port ``out``, whole or in fragments; its end if br_netfilter drops
    it.

    ``mtu`` is the MTU of the bridge, or of the route after DNAT.  A defragmented packet is fragmented again at its
    original fragment size.  If these fragments exceed the MTU, the kernel drops the packet, for IPv4 without an error.
    A GSO packet (several TCP segments) is not dropped.

    Source: net/bridge/br_netfilter_hooks.c br_nf_dev_queue_xmit(), br_nf_ip_fragment()
    """
    packet, pieces = state.packet, state.fragments.largest if state.fragments.defragmented else None
    if state.fragments.gso and state.fragments.largest is None:
        return state
    length = packet.length_bytes if state.fragments.defragmented else length_on_wire(state)
    if length <= min(pieces or length, out.mtu_bytes):
        return state
    forbidden = not state.fragments.defragmented and (packet.dont_fragment if packet.version == 4 else length > mtu)
    if forbidden or (pieces is not None and pieces > mtu):
        answer = "icmp6-too-big" if packet.version == 6 else None
        said = message("has an MTU of {mtu}", mtu=out.mtu_bytes)
        return stopped_by(state, "mtu", out, said, stage="bridge", reject=answer)
    if pieces is not None:
        return state
    if packet.version == 6:  # even a single fragment has a fragment header
        return state.with_fragments(largest=min(length + 8, _largest_fragment(packet, mtu)))
    return state if length <= mtu else state.with_fragments(largest=_largest_fragment(packet, mtu))


def _largest_fragment(packet: Packet, mtu: int) -> int:
    header = 20 if packet.version == 4 else 48
    return header + (mtu - header) // 8 * 8


def too_long_for(state: State, link: Link) -> End | None:
    """Return the end of a frame that exceeds the MTU of a bridge port or of the receiving veth; None if it fits.

    A GSO packet (several TCP segments) always fits.  Source: include/linux/netdevice.h __is_skb_forwardable()
    """
    whole = state.fragments.gso and state.fragments.largest is None
    if whole or length_on_wire(state) <= link.mtu_bytes + _VLAN_HEADER:
        return None
    return stopped_by(state, "mtu", link, message("has an MTU of {mtu}", mtu=link.mtu_bytes))
