"""The ICMP error or reset that answers a rejected packet, in the state in which it starts.

Source: net/ipv4/icmp.c __icmp_send(), net/ipv6/icmp.c icmp6_send(); net/ipv4/netfilter/nf_reject_ipv4.c
nf_send_reset(), net/ipv6/netfilter/nf_reject_ipv6.c; nf_conntrack_core.c nf_conntrack_attach()
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.netfilter.ir import CT_RELATED, CT_UNTRACKED
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, RST, TCP, Packet
from hairpin.network.address_type import is_source4, names_a_network
from hairpin.network.index import vrf_of
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import LINK_LOCAL6, is_for_many, is_loopback, is_multicast
from hairpin.network.query import NO_WAY, Found, Query, Scope
from hairpin.network.routing import lookup
from hairpin.network.source_address import source_address
from hairpin.walk.answer import answer_to, reflected_mark
from hairpin.walk.hooks.conntrack import with_closed_connection
from hairpin.walk.ip.route_in import input_query
from hairpin.walk.ip.route_out import output_route
from hairpin.walk.state import End, Sender, State, Track

ERRORS: dict[str, int] = {
    "icmp-net-unreachable": 3 << 8, "icmp-host-unreachable": 3 << 8 | 1, "icmp-proto-unreachable": 3 << 8 | 2,
    "icmp-port-unreachable": 3 << 8 | 3, "icmp-frag-needed": 3 << 8 | 4, "icmp-net-prohibited": 3 << 8 | 9,
    "icmp-host-prohibited": 3 << 8 | 10, "icmp-admin-prohibited": 3 << 8 | 13, "icmp-ttl-exceeded": 11 << 8,
    "icmp6-no-route": 1 << 8, "icmp6-adm-prohibited": 1 << 8 | 1, "icmp6-not-neighbour": 1 << 8 | 2,
    "icmp6-addr-unreachable": 1 << 8 | 3, "icmp6-port-unreachable": 1 << 8 | 4, "icmp6-policy-fail": 1 << 8 | 5,
    "icmp6-reject-route": 1 << 8 | 6, "icmp6-too-big": 2 << 8, "icmp6-ttl-exceeded": 3 << 8,
}  # fmt: skip
"""The ICMP type and code of each error, as ``type << 8 | code``."""
_BY_FAMILY = {
    "icmpx-port-unreachable": ("icmp-port-unreachable", "icmp6-port-unreachable"),
    "icmpx-admin-prohibited": ("icmp-admin-prohibited", "icmp6-adm-prohibited"),
    "icmpx-no-route": ("icmp-net-unreachable", "icmp6-no-route"),
    "icmpx-host-unreachable": ("icmp-host-unreachable", "icmp6-addr-unreachable"),
    # nft does not print which error the rule sends (netfilter/nft/merged_fields.py).  All errors take the same route.
    "icmpx-not-printed": ("icmp-port-unreachable", "icmp6-port-unreachable"),
}
_PRECEDENCE = 0xC0
"""The precedence "internetwork control" (RFC 791): the kernel adds it to the rejected packet's TOS in an ICMP error."""


def refusal(network: Network, end: End) -> State | None:
    """Return the ICMP error or reset to the rejected packet, as it starts; None if the kernel sends no answer."""
    namespace = network.namespace(end.state.netns)
    stop, packet = end.stop, end.state.packet
    if stop is None or stop.reject is None or packet.saddr == 0 or _is_to_many(namespace, end):
        return None
    if _has_no_route(end) and _borrowed(namespace, packet).type in NO_WAY:
        return None
    if stop.reject == "tcp-reset":
        return None if packet.tcp_flags & RST else _reset(network, end.state)
    icmp = ERRORS.get(_BY_FAMILY.get(stop.reject, (stop.reject,) * 2)[packet.version == 6])
    six, source = packet.version == 6, _source(namespace, end)
    own = network.namespace(end.state.l3s.netns) if end.state.l3s is not None else namespace
    if icmp is None or not (six or source == 0 or is_source4(own, source)):
        return None
    error = Packet(
        version=packet.version,
        saddr=source,
        daddr=packet.saddr,
        protocol=ICMP6 if six else ICMP,
        icmp=icmp,
        ttl=_ttl(namespace, packet, _vrf(namespace, end.state.iif or end.state.oif)),
        length_bytes=min(packet.length_bytes + 48, 1280) if six else min(packet.length_bytes + 28, 576),
        dscp=0 if six else (packet.dscp << 2 & 0x1E | _PRECEDENCE) >> 2,
        mark=reflected_mark(namespace, packet),
        dont_fragment=False,
        inner=packet,
    )
    # An error to a link-local address leaves by the packet's input link: icmp6_send().  Other errors are routed in the
    # link's VRF.
    strict = six and LINK_LOCAL6.holds(packet.saddr, 6)
    bound = end.state.iif if strict else _vrf(namespace, end.state.iif or end.state.oif)
    back = msgspec.structs.replace(_attached(end.state, error), oif=bound)
    return None if six and _is_unreachable6(network, back) else back


def _reset(network: Network, state: State) -> State | None:
    """Return the reset that answers the packet; None if the packet is to ``::``, or if the reset has no route.

    Source: nf_reject_ipv4.c nf_send_reset(), nf_reject_ipv6.c nf_send_reset6()
    """
    packet = state.packet
    if packet.daddr == 0:
        return None
    reset = Packet(
        version=packet.version,
        saddr=packet.daddr,
        daddr=packet.saddr,
        protocol=TCP,
        sport=packet.dport,
        dport=packet.sport,
        tcp_flags=RST if packet.tcp_flags & ACK else RST | ACK,
        length_bytes=60 if packet.version == 6 else 40,
        mark=reflected_mark(network.namespace(state.netns), packet),
    )
    # The reset is routed in the VRF of the rejected packet's route: ip_route_me_harder().
    namespace = network.namespace(state.netns)
    vrf = _vrf(namespace, _way(namespace, state))
    back = msgspec.structs.replace(_attached(with_closed_connection(state, namespace), reset), oif=vrf)
    if all(isinstance(way, End) for way in output_route(network, back)):
        return None
    # A reset about a bridged packet leaves by the bridge port at once and passes no hook.
    return back.to("device-out", oif=state.frame.physin) if state.frame.physin else back


def _vrf(namespace: Namespace, link: str) -> str:
    """Return the name of the link's VRF; "" if the link is in no VRF."""
    master = vrf_of(namespace, link)
    return master.name if master is not None else ""


def _way(namespace: Namespace, state: State) -> str:
    """Return the link of the packet's route; if it is delivered locally, the link that has its destination address."""
    if state.oif or not state.iif:
        return state.rerouted or state.oif
    found = lookup(namespace, input_query(namespace, state))
    return next((hop.link for hop in found.next_hops if hop.link), "")


def _attached(state: State, packet: Packet) -> State:
    """Return the state in which the answer starts, in the rejected packet's connection (if the packet has one).

    NOTRACK does not make the answer to an untracked packet untracked.  An answer to a packet that a rule put into a
    zone is in that zone.  A kernel socket sends an ICMP error, but a reset has no socket: ip_append_data(),
    nf_reject_ipv4.c nf_send_reset()
    """
    # A packet with NOTRACK has a conntrack state even before conntrack's hook, so its answer is related to it.
    track = state.track
    known = track.connection is not None or track.notrack or track.ct_state == CT_UNTRACKED
    return State(
        "output-route",
        state.netns,
        packet,
        track=Track(
            ct_state=CT_RELATED if known else 0,
            ct_direction=0 if track.ct_direction else 1,
            connection=track.connection,
            zone=None if known else track.zone,
        ),
        sender=Sender(by_kernel=packet.protocol in (ICMP, ICMP6)),
        history=state.history.for_answer(),
    )


def _source(namespace: Namespace, end: End) -> int:
    """Return the source address of an ICMP error; 0 if the kernel chooses the address by the route.

    The source address is the rejected packet's destination, if this is an address of this host (for IPv6: and if the
    frame was for this host).  Otherwise IPv6 uses an address of the input link, unless the route back names a source.

    Source: net/ipv6/icmp.c icmp6_send(), icmpv6_rt_has_prefsrc(); net/bridge/br_netfilter_ipv6.c br_validate_ipv6()
    """
    state, packet = end.state, end.state.packet
    if packet.version == 4:
        assert end.stop is not None
        if _has_no_route(end):
            return packet.daddr if _borrowed(namespace, packet).type == "local" else 0
        # A packet that NAT translated on its way over lo has lost its output route: nf_nat_ipv4_in()
        rerouted = state.rerouted if end.stop.stage != "input-route" else ""
        if end.stop.stage in ("input", "tunnel") or state.local or (rerouted or state.oif) == "lo":
            return packet.daddr
        inbound = namespace.sysctl("net", "ipv4", "icmp_errors_use_inbound_ifaddr")
        routed = state.iif and not state.frame.physout  # a bridged packet has no route
        link = state.slave if state.slave and Novelty.INBOUND_BY_SLAVE.known_to(namespace.kernel) else state.iif
        near = packet.saddr if Novelty.INBOUND_ADDRESS_NEAR_SENDER.known_to(namespace.kernel) else 0
        return (source_address(namespace, 4, link, near) or 0) if inbound and routed else 0
    if not state.frame.other_host and _has6(namespace, state.iif or "lo", packet.daddr):
        return packet.daddr
    if not Novelty.ERRORS6_BY_INBOUND_LINK.known_to(namespace.kernel):
        return 0
    back = lookup(namespace, Query(6, packet.saddr, protocol=ICMP6))
    if not state.iif or _is_bridged(end) or (back.route is not None and back.route.prefsrc is not None):
        return 0
    return source_address(namespace, 6, _came_by(namespace, state), packet.saddr) or 0


def _came_by(namespace: Namespace, state: State) -> str:
    """Return the packet's input link as IPv6 sees it when it chooses an error's source address.

    If the packet was routed on a bridge because DNAT had changed it, IPv6 sees the link of that route.

    Source: net/ipv6/ip6_input.c ip6_rcv_core(): skb_valid_dst()
    """
    connection = state.track.connection
    if not state.frame.physin or connection is None:
        return state.iif
    seen = connection.reply if state.track.ct_direction else connection.original
    found = lookup(namespace, input_query(namespace, state)) if seen.daddr != state.packet.daddr else None
    link = found.next_hops[0].link if found is not None and found.next_hops else None
    return link or state.iif


def _is_bridged(end: End) -> bool:
    """Return whether the packet is still a bridged frame that br_netfilter runs through the IP hooks.

    The IP layer does not know the input link of a bridged frame.
    """
    assert end.stop is not None
    return bool(end.state.frame.physout or (end.state.frame.physin and end.stop.stage == "prerouting"))


def _has6(namespace: Namespace, link: str, value: int) -> bool:
    """Return whether the address is this host's, or an anycast address of a network on one of its links.

    A route of type local that no link's address made does not count, and neither does an anycast route that the kernel
    did not make.  A link-local address must be on ``link``.

    Source: net/ipv6/icmp.c icmp6_send(): ipv6_chk_addr(), ipv6_chk_acast_addr_src()
    """
    where = link if LINK_LOCAL6.holds(value, 6) or is_loopback(value, 6) else None
    if any(each.value == value and not each.tentative for each in addresses_of(namespace, where, 6)):
        return True
    return any(
        (route.version, route.type, route.protocol, route.destination) == (6, "anycast", "kernel", value)
        and (where is None or any(hop.link == where for hop in route.next_hops))
        for route in namespace.routes
    )


def _ttl(namespace: Namespace, packet: Packet, vrf: str) -> int:
    """Return the error's TTL: 1 if the route to the sender is a multicast route (ip_output.c __ip_make_skb())."""
    if packet.version == 6:
        return 64
    tos = packet.dscp << 2 & 0x1E | _PRECEDENCE
    scope = Scope(oif=vrf or None)
    asked = Query(4, packet.saddr, mark=reflected_mark(namespace, packet), tos=tos, protocol=ICMP, scope=scope)
    return 1 if lookup(namespace, asked).type == "multicast" else 64


def _is_to_many(namespace: Namespace, end: End) -> bool:
    """Return whether the packet's route is a broadcast or multicast route.

    The destination address alone does not show the kind of the route: the packet may have no route (its broadcast route
    is ignored while the link has no carrier), or a unicast route.

    Source: RTCF_BROADCAST, RTCF_MULTICAST of net/ipv4/route.c; icmp6_send(), which goes by the address
    """
    packet = end.state.packet
    if packet.version == 6:
        return is_multicast(packet.daddr, 6)
    if _has_no_route(end):
        return is_for_many(packet.saddr, 4) or _borrowed(namespace, packet).type in ("broadcast", "multicast")
    return end.state.to_many or is_for_many(packet.daddr, 4)


def _has_no_route(end: End) -> bool:
    """Return whether the kernel rejected the packet before its route lookup."""
    return end.stop is not None and end.stop.stage == "prerouting" and not end.state.local


def _borrowed(namespace: Namespace, packet: Packet) -> Found:
    """Return the route to the sender, which REJECT uses for a packet that has no route yet:
    nf_reject_fill_skb_dst()."""
    return lookup(namespace, Query(packet.version, packet.saddr, iif="lo"))


def _is_unreachable6(network: Network, back: State) -> bool:
    """Return whether the kernel sends no ICMPv6 error, because it would go to an anycast address or has no route.

    Source: net/ipv6/icmp.c icmpv6_route_lookup()
    """
    error, namespace = back.packet, network.namespace(back.netns)
    if LINK_LOCAL6.holds(error.daddr, 6):
        return all(isinstance(way, End) for way in output_route(network, back))
    asked = Query(6, error.daddr, error.saddr, mark=error.mark, protocol=ICMP6, sport=0, dport=error.icmp)
    return names_a_network(lookup(namespace, asked), error.daddr)


def is_about(sent: Packet, error: Packet) -> bool:
    """Return whether the sender's socket accepts this ICMP error: the error must quote the sent packet's addresses and
    ports.

    Source: net/ipv4/udp.c __udp4_lib_err(), net/ipv4/tcp_ipv4.c tcp_v4_err(), net/ipv4/raw.c raw_icmp_error()
    """
    about = error.inner if error.inner is not None else answer_to(error, 0)
    ports = sent.protocol in (ICMP, ICMP6) or (about.sport, about.dport) == (sent.sport, sent.dport)
    return ports and about.daddr == sent.daddr and sent.saddr in (0, about.saddr)
