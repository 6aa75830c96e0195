"""Packets that a namespace sends: route, source address, OUTPUT, the initial TTL or hop limit,
and the second route lookup after DNAT or a new mark.

Source: net/ipv4/route.c ip_route_output_key_hash_rcu(), __mkroute_output(); net/ipv4/netfilter.c ip_route_me_harder()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.host.link import DEFAULT_TTL
from hairpin.host.route import NextHop
from hairpin.host.sysctl import Path
from hairpin.message import message
from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.packet import ACK, ICMP6, SYN, TCP, Packet
from hairpin.network.address_type import is_source4
from hairpin.network.index import vrf_of
from hairpin.network.network import Network, conf
from hairpin.network.prefix import LINK_LOCAL6, Version, address_text, is_loopback, is_multicast
from hairpin.network.query import NO_WAY, Found, Query, Scope
from hairpin.network.routing import lookup
from hairpin.network.source_address import preferred_source, source_address
from hairpin.walk.decided import LinkDecided
from hairpin.walk.hooks.conntrack import with_confirmed_connection
from hairpin.walk.hooks.hooks import run_hook
from hairpin.walk.ip.l3mdev import shown_by_vrf
from hairpin.walk.ip.mtu import fragmented, fragmented_by_socket, route_mtu
from hairpin.walk.ip.multipath import ways
from hairpin.walk.ip.route_in import decided_by_route, dissected, sysctl_decided
from hairpin.walk.state import End, Outcome, Stage, State, stopped, without_ends


def output_route(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the outcomes of the route lookup for a local packet.  If the packet's source address is 0, the kernel
    chooses a source address."""
    yield from with_hop_limit(network, _routed(network, state, "output"))


def _routed(network: Network, state: State, then: Stage) -> Iterator[Outcome]:
    namespace = network.namespace(state.netns)
    state = _for_itself(state, then)
    packet = state.packet
    foreign = _from_foreign_address(namespace, state)
    if foreign is not None:
        yield foreign
        return
    query = _query(namespace, state, packet)
    found = lookup(namespace, query) if packet.version == 6 or packet.daddr else Found("local")
    if packet.version == 6 and packet.saddr == 0 and found.type in NO_WAY:
        # With a source address the policy rules may select another table: net/ipv6/ip6_output.c ip6_dst_lookup_tail()
        source = source_address(namespace, 6, "", packet.daddr)
        if source is not None:
            packet = msgspec.structs.replace(packet, saddr=source)
            state = msgspec.structs.replace(state, packet=packet)
            query = msgspec.structs.replace(query, saddr=source)  # the packet stays bound to its output link
            found = lookup(namespace, query)
    if found.type in NO_WAY and packet.version == 4:
        found = _on_link(namespace, query) or found
    if found.type not in ("unicast", "local", "broadcast", "multicast", "anycast"):
        yield _no_way(state, found, told=_is_told(packet, then))
        return
    begins = packet.protocol == TCP and packet.tcp_flags & (SYN | ACK) == SYN and not state.sender.header_included
    if begins and packet.version == 4 and then == "output" and found.type in ("broadcast", "multicast"):
        # connect() fails: net/ipv4/tcp_ipv4.c tcp_v4_connect(), RTCF_BROADCAST
        yield _no_way(state, found, told=True)
        return
    to_itself = found.type == "local" or (packet.version == 6 and found.type == "anycast")
    led = ((found, _to_itself(namespace, found), state),) if to_itself else ways(network, state, query, found)
    for way, hop, chosen in led:
        connecting = _connecting(namespace, chosen, way, hop, query)
        if connecting is not None:
            yield from _routed(network, connecting, then)
        else:
            yield _by(namespace, chosen, way, hop, query, then)


def _from_foreign_address(namespace: Namespace, state: State) -> End | None:
    """Return the end of a tunnel's outer packet whose source address the host does not have, or None.

    Only IPv4 checks the source.  Source: net/ipv4/route.c ip_route_output_key_hash_rcu(); drivers/net/vxlan/
    vxlan_core.c vxlan_xmit_one(), where udp_tunnel_dst_lookup() fails
    """
    packet, carried = state.packet, state.carried
    if carried is None or state.stage != "output-route" or packet.version == 6 or not packet.saddr:
        return None
    if is_source4(namespace, packet.saddr):
        return None
    link = carried.frame.oif
    said = message(
        "{address} is not an address of this host, so the kernel sends nothing from it",
        address=address_text(packet.saddr, 4),
    )
    return stopped(state, "no-source-address", stage="output-route", link=link, decided_by=LinkDecided(link, said))


def _connecting(namespace: Namespace, state: State, found: Found, hop: NextHop, query: Query) -> State | None:
    """Return a connecting TCP socket's packet with its source address, if that address leads to another route; else
    None.

    connect() looks the route up twice.  The first route gives the packet a source address, which policy rules see in
    the second lookup.  A datagram is walked as sendto() sends it: with one lookup.
    Source: include/net/route.h ip_route_connect(), net/ipv4/udp.c udp_sendmsg()
    """
    packet, sender = state.packet, state.sender
    if packet.version == 6 or packet.protocol != TCP or packet.saddr or sender.by_kernel:
        return None
    source = preferred_source(namespace, found, hop, query)
    if source is None or lookup(namespace, msgspec.structs.replace(query, saddr=source)).route == found.route:
        return None
    return msgspec.structs.replace(state, packet=msgspec.structs.replace(packet, saddr=source))


def _for_itself(state: State, then: Stage) -> State:
    """Return a packet to 0.0.0.0 with its sender's own address as the destination.

    The kernel delivers such a packet locally without a lookup of policy rules or routes.  A packet that DNAT in OUTPUT
    sent to 0.0.0.0 keeps this destination.

    Source: net/ipv4/route.c ip_route_output_key_hash_rcu(), where daddr is 0
    """
    packet = state.packet
    if packet.version == 6 or packet.daddr or then != "output":
        return state
    source = packet.saddr or _LOOPBACK4
    target = 0 if state.sender.header_included else source
    return msgspec.structs.replace(state, packet=msgspec.structs.replace(packet, saddr=source, daddr=target))


_LOOPBACK4 = 0x7F000001


def _to_itself(namespace: Namespace, found: Found) -> NextHop:
    """Return the next hop for an address of this namespace: lo, or the VRF if the address is on a VRF port.

    Source: net/ipv4/route.c ip_route_output_key_hash_rcu(), net/ipv6/route.c ip6_rt_get_dev_rcu()
    """
    vrf = vrf_of(namespace, next((hop.link for hop in found.next_hops if hop.link), None))
    return NextHop(vrf.name if vrf is not None else "lo")


def _on_link(namespace: Namespace, query: Query) -> Found | None:
    """Return the on-link route by the link to which the packet is bound; None if the packet is bound to no link that is
    up.  The caller uses this route for a destination without another route.

    Only IPv4 has such a route, and not on a link of a VRF, because a VRF uses only its routes.

    Source: net/ipv4/route.c ip_route_output_key_hash_rcu()
    """
    link = namespace.link(query.scope.oif) if query.scope.oif else None
    if link is None or not link.up or vrf_of(namespace, link.name) is not None:
        return None
    return Found("unicast", next_hops=(NextHop(link.name),))


def _by(namespace: Namespace, state: State, found: Found, hop: NextHop, query: Query, then: Stage) -> Outcome:
    packet = state.packet
    if packet.saddr == 0:
        source = preferred_source(namespace, found, hop, query)
        if source is None and packet.version == 4 and state.sender.by_kernel:
            source = _DUMMY4 if Novelty.DUMMY_SOURCE4.known_to(namespace.kernel) else 0
        if source is None:
            return stopped(state, "no-source-address", stage="output-route", link=hop.link or "")
        packet = msgspec.structs.replace(packet, saddr=source)
    link = hop.link or "lo"
    to_itself = found.type == "local" or link == "lo"
    from_loopback = packet.version == 4 and is_loopback(packet.saddr, 4) and not to_itself
    if from_loopback and not conf(namespace, 4, link, "route_localnet", rule="or"):
        decided = sysctl_decided(namespace, link, "route_localnet", "1")
        told = "invalid-argument" if _is_told(packet, then) else None
        return stopped(state, "route-localnet", stage="output-route", link=link, decided_by=decided, reject=told)
    routed = msgspec.structs.replace(state, packet=packet)
    routed = routed.noted("output-route", link, decided_by_route(found))
    mtu = route_mtu(namespace, found.route, link, forwarding=False)
    if then == "output":
        routed = fragmented_by_socket(routed, mtu)
    to_many = packet.version == 4 and found.type in ("broadcast", "multicast")
    return routed.to(then, oif=link, next_hop=hop, mtu_bytes=mtu, to_many=to_many)


_DUMMY4 = 0xC0000008
"""192.0.0.8: the source of an ICMP error on a host without an address (RFC 7600): icmp.c INADDR_DUMMY"""


def _query(namespace: Namespace, state: State, packet: Packet) -> Query:
    bare = packet.version == 4 and state.sender.uid is None and not state.sender.by_kernel
    if state.stage == "output" or bare:  # resets and rerouted packets: routed by the packet's fields
        protocol, sport, dport = dissected(namespace, packet)
    else:
        # Policy rules see type and code of the kernel's ICMP errors in place of ports: include/net/flow.h flowi_uli
        with_ports = packet.protocol in WITH_PORTS
        none = (0, packet.icmp) if state.sender.by_kernel else (None, None)
        protocol, sport, dport = packet.protocol, *((packet.sport, packet.dport) if with_ports else none)
    bound = _bound(namespace, state)
    # With a known source address IPv6 may use another link: net/ipv6/route.c ip6_route_output_flags_noref()
    known = packet.version == 6 and packet.saddr != 0 and state.stage == "output-route"
    prefers = known and not _needs_link(packet) and vrf_of(namespace, bound) is None
    # GRE and IP in IP look up the first route without the packet's mark: net/ipv4/ip_tunnel.c ip_tunnel_init_flow()
    carried = state.carried if state.stage == "output-route" else None
    unmarked = carried is not None and carried.tunnel.port is None
    return Query(
        packet.version,
        packet.daddr,
        packet.saddr,
        iif="lo",
        mark=0 if unmarked else packet.mark,
        tos=packet.dscp << 2,
        protocol=protocol,
        sport=sport,
        dport=dport,
        uid=state.sender.uid,
        scope=Scope(prefers=bound, weakly=True) if prefers else Scope(oif=bound),
    )


def _bound(namespace: Namespace, state: State) -> str | None:
    """Return the link that the kernel has already chosen for the packet, or None.

    The kernel has chosen the output link of an ICMP error to a link-local address.  The kernel keeps the link of a
    packet to a link-local or multicast address that OUTPUT changed.  Any other packet that OUTPUT changed is bound to
    its VRF.

    Source: net/ipv6/netfilter.c ip6_route_me_harder(): strict; net/ipv4/netfilter.c ip_route_me_harder()
    """
    packet = state.packet
    if state.stage == "output-route":
        return state.oif or None
    if state.stage != "output" or not state.oif:
        return None
    if packet.version == 6 and _needs_link(packet):
        return state.oif
    master = vrf_of(namespace, state.rerouted or state.oif)
    return master.name if master is not None else None


def _needs_link(packet: Packet) -> bool:
    """Return whether the IPv6 packet's destination is valid on one link only: net/ipv6/route.c rt6_need_strict()"""
    return LINK_LOCAL6.holds(packet.daddr, 6) or is_multicast(packet.daddr, 6)


def _is_told(packet: Packet, then: Stage) -> bool:
    """Return whether the sender learns at once that its packet has no route, because its system call fails.  If
    ip_route_me_harder() fails after OUTPUT, a TCP sender does not learn this, and repeats its SYN until it gives up.
    The sender of a datagram does learn it: net/ipv4/ip_output.c ip_send_skb(), NF_DROP_ERR()."""
    return then == "output" or packet.protocol != TCP


def _no_way(state: State, found: Found, *, told: bool) -> End:
    """Return the end of a packet without a route."""
    decided = decided_by_route(found)
    answer = "network-unreachable" if found.type != "blackhole" else "invalid-argument"
    return stopped(
        state,
        "no-route" if found.type == "none" else "route-type",
        stage="output-route",
        decided_by=decided,
        reject=answer if told else None,
    )


def output(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the outcomes of the OUTPUT hook, which routes a packet again if a rule has changed it."""
    states = yield from without_ends((shown_by_vrf(network, state, _rerouted),))
    for outcome in (each for shown in states for each in run_hook(network, shown, "output", _rerouted)):
        if isinstance(outcome, End):
            yield outcome
        else:
            yield outcome.to("postrouting", oif=outcome.rerouted or outcome.oif)


def _rerouted(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the packet after its second route lookup.  Source: net/ipv4/netfilter.c ip_route_me_harder()"""
    for outcome in _routed(network, state, "postrouting"):
        if isinstance(outcome, End):
            yield outcome
        else:
            yield outcome.to("output", oif=state.oif, rerouted=outcome.oif)


def postrouting(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the outcomes of the POSTROUTING hook, ready for the stage ``neighbour``."""
    for outcome in run_hook(network, state, "postrouting"):
        done = (
            outcome if isinstance(outcome, End) else with_confirmed_connection(outcome, network.namespace(state.netns))
        )
        if isinstance(done, End):
            yield done
        else:
            fitting = fragmented(done.noted("postrouting", done.oif), "postrouting")
            yield fitting if isinstance(fitting, End) else fitting.to("neighbour")


def path_of_hop_limit(version: Version, link: str) -> Path:
    """Return the path of the sysctl that sets the initial TTL or hop limit of packets that leave by the link.

    Source: include/net/route.h ip4_dst_hoplimit(); net/ipv6/output_core.c ip6_dst_hoplimit()
    """
    return ("net", "ipv4", "ip_default_ttl") if version == 4 else ("net", "ipv6", "conf", link, "hop_limit")


def hop_limit(namespace: Namespace, version: Version, link: str) -> int | None:
    """Return the initial TTL or hop limit of packets that leave by the link; None if the sysctl was not read."""
    return namespace.sysctl(*path_of_hop_limit(version, link))


def with_hop_limit(network: Network, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Yield the namespace's routed packets, each with the TTL or hop limit of the link by which it leaves.

    ICMPv6 packets stay unchanged, because neighbour discovery and ICMPv6 errors use hop limits of their own.
    """
    for each in outcomes:
        packet = each.packet if not isinstance(each, End) else None
        if isinstance(each, End) or packet is None or packet.ttl != DEFAULT_TTL or packet.protocol == ICMP6:
            yield each
            continue
        limit = hop_limit(network.namespace(each.netns), packet.version, each.oif)
        changed = limit is not None and limit not in (0, DEFAULT_TTL)
        yield msgspec.structs.replace(each, packet=msgspec.structs.replace(packet, ttl=limit)) if changed else each
