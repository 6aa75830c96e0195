"""The route lookup of a packet that came in by a device: local delivery, forwarding, or a wrong source address.

Source: net/ipv4/route.c ip_route_input_slow(), ip_mkroute_input(); net/ipv4/fib_frontend.c fib_validate_source();
net/ipv6/ip6_input.c, net/ipv6/route.c
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty, is_zero4
from hairpin.host.route import NextHop
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.packet import Packet
from hairpin.network.index import vrf_of
from hairpin.network.network import Network, addresses_of, conf, forwards, owns_address
from hairpin.network.prefix import BROADCAST4, LINK_LOCAL6, Version, address_text, is_loopback, is_multicast
from hairpin.network.query import NO_WAY, Found, Query, Scope
from hairpin.network.routing import has_custom_rules, is_taken_in6, lookup
from hairpin.walk.decided import LinkDecided, RouteDecided, SysctlDecided
from hairpin.walk.ip.mtu import route_mtu, too_big_to_forward
from hairpin.walk.ip.multipath import paths
from hairpin.walk.state import End, Outcome, State, stopped


def input_route(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the outcomes of a received packet's route lookup.

    IPv4's lookup uses the input link, even while the hooks see that link's VRF: net/ipv4/ip_input.c ip_rcv_finish()
    """
    if state.local:
        # A packet that came over lo still has its output route (skb_dst), so there is no lookup.
        yield state.to("input")
        return
    if state.handed_back:
        yield _by_kept_route(network.namespace(state.netns), state)
        return
    if not state.slave or state.packet.version == 6:
        yield from _input_route(network, state)
        return
    for outcome in _input_route(network, msgspec.structs.replace(state, iif=state.slave)):
        if isinstance(outcome, End):
            yield msgspec.structs.replace(outcome, state=msgspec.structs.replace(outcome.state, iif=state.iif))
        else:
            yield msgspec.structs.replace(outcome, iif=state.iif)


def _by_kept_route(namespace: Namespace, state: State) -> Outcome:
    """Return what happens to a packet that came back from lo or a vxlan device with its old route.

    A packet that was forwarded is forwarded again until its TTL is used up.  An IPv4 packet that this host sent is
    discarded.  Source: net/ipv4/ip_input.c ip_rcv_finish_core(): skb_valid_dst(); net/core/dst.c dst_init():
    dst_discard(); net/ipv6/route.c ip6_rt_init_dst(): ip6_forward()
    """
    hop, packet = state.next_hop, state.packet
    if packet.version == 6 and not forwards(namespace, 6, (hop and hop.link) or state.iif):
        decided = sysctl_decided(namespace, "all", "forwarding", "1", version=6)
        return stopped(state, "forwarding-off", stage="forward", link=state.iif, decided_by=decided)
    if (packet.version == 4 and state.handed_back == "sent") or hop is None or hop.link is None:
        own = LinkDecided(state.iif, message("has received one of this host's own packets"))
        return stopped(state, "loop", stage="input-route", link=state.iif, decided_by=own)
    if packet.ttl <= 1:
        return stopped(state, "ttl", stage="forward", link=state.iif, reject=_TTL_EXCEEDED[packet.version])
    packet = msgspec.structs.replace(packet, ttl=packet.ttl - 1)
    return state.to("forward", oif=hop.link, packet=packet, handed_back="")


def _input_route(network: Network, state: State) -> Iterator[Outcome]:
    namespace = network.namespace(state.netns)
    state = msgspec.structs.replace(state, to_many=False)
    martian = _martian(namespace, state)
    if martian is not None:
        yield martian
        return
    if is_multicast(state.packet.daddr, state.packet.version):
        yield from _multicast(namespace, state)
        return
    found = Found("broadcast") if _is_for_all(state.packet) else lookup(namespace, input_query(namespace, state))
    own = found.route if found.type == "broadcast" else None
    if own is not None and conf(namespace, 4, state.iif, "bc_forwarding", rule="and"):
        # The kernel forwards a directed broadcast before it looks at the switch of forwarding: ip_route_input_slow().
        hop = own.next_hops[0]
        sent = _forward_by(namespace, state, found, hop, hop.link or "")
        yield sent if isinstance(sent, End) else sent.to("forward", to_many=True)
    elif is_taken_in6(found) if state.packet.version == 6 else found.type in ("local", "broadcast"):
        to_many = found.type == "broadcast"
        refused = _believed(namespace, state, out=None, to_many=to_many)
        yield refused or _noted(state, found).to("input", to_many=to_many)
    else:
        yield from _forward(network, namespace, state, found)


def _multicast(namespace: Namespace, state: State) -> Iterator[Outcome]:
    """Yield what happens to a multicast packet: it is delivered locally if the interface has joined the group.

    No reading shows which groups an interface has joined, but every interface has joined the group of all hosts.

    Source: net/ipv4/route.c ip_route_input_rcu(), ip_mc_validate_source(); net/ipv6/ip6_input.c ip6_mc_input()
    """
    refused = _believed(namespace, state, out=None, to_many=True)
    if refused is not None:
        yield refused
        return
    packet = state.packet
    if packet.daddr in (_ALL_HOSTS4, _ALL_NODES6):
        yield state.to("input")
        return
    said = message(
        "{link} has joined the group {group}", link=state.iif, group=address_text(packet.daddr, packet.version)
    )
    joined = Condition(said, holds=False)
    yield stopped(
        state.given(joined),
        "route-type",
        stage="input-route",
        link=state.iif,
        decided_by=LinkDecided(state.iif, message("has joined no such group")),
    )
    joined = Condition(said, holds=True, usual=False)
    yield state.given(joined).to("input")


_ALL_HOSTS4, _ALL_NODES6 = 0xE0000001, 0xFF02 << 112 | 1


def input_query(namespace: Namespace, state: State) -> Query:
    """Return the key of the route lookup for a packet that came in by ``state.iif``."""
    packet = state.packet
    protocol, sport, dport = _dissected(namespace, state)
    # The route to a link-local or loopback address must use the input link: net/ipv6/route.c rt6_need_strict()
    strict = packet.version == 6 and (LINK_LOCAL6.holds(packet.daddr, 6) or is_loopback(packet.daddr, 6))
    return Query(
        packet.version,
        packet.daddr,
        packet.saddr,
        iif=state.slave if state.slave and packet.version == 4 else state.iif,
        mark=state.mark_of_route,
        tos=packet.dscp << 2,
        protocol=protocol,
        sport=sport,
        dport=dport,
        scope=Scope(strict=state.iif if strict else None),
    )


def dissected(namespace: Namespace, packet: Packet) -> tuple[int | None, int | None, int | None]:
    """Return the packet's protocol and ports as policy rules see them; None for a value that they do not see.

    The kernel dissects a packet only if a policy rule that is not bound to lo selects by protocol or ports.
    Source: include/net/fib_rules.h fib_rule_requires_fldissect()
    """
    wanted = any(
        rule.version == packet.version and rule.iif != "lo" and (rule.protocol or rule.sports or rule.dports)
        for rule in namespace.rules
    )
    if not wanted:
        return None, None, None
    if packet.protocol not in WITH_PORTS:
        return packet.protocol, None, None
    return packet.protocol, packet.sport, packet.dport


def _dissected(namespace: Namespace, state: State) -> tuple[int | None, int | None, int | None]:
    """Return a received packet's protocol and ports as :func:`dissected` does, but without ports for a fragment.

    Source: net/core/flow_dissector.c __skb_flow_dissect(): FLOW_DIS_IS_FRAGMENT
    """
    protocol, sport, dport = dissected(namespace, state.packet)
    in_pieces = state.fragments.largest is not None and not state.fragments.defragmented
    return (protocol, None, None) if in_pieces else (protocol, sport, dport)


def decided_by_route(found: Found) -> RouteDecided:
    """Return the route and its policy rule as the decider of a step."""
    return RouteDecided(found.route, found.rule)


def _noted(state: State, found: Found) -> State:
    return state.noted("input-route", state.iif, decided_by_route(found))


def received6(namespace: Namespace, state: State) -> End | None:
    """Return the end of an IPv6 packet that is dropped before any hook because of its addresses, or None.

    Source: net/ipv6/ip6_input.c ip6_rcv_core()
    """
    packet = state.packet
    link = namespace.link(state.iif)
    if packet.version == 4 or link is None:
        return None
    looped = "LOOPBACK" in link.flags or link.name == "lo"
    if is_multicast(packet.saddr, 6) or (packet.saddr == 1 and not looped):
        return stopped(state, "martian-source", stage="input-route", link=state.iif)
    scope = packet.daddr >> 112 & 0xF if is_multicast(packet.daddr, 6) else 0xF
    if (packet.daddr == 1 or scope <= 1) and not looped:
        return stopped(state, "martian-destination", stage="input-route", link=state.iif)
    return None


def _is_for_all(packet: Packet) -> bool:
    """Return whether the packet is a limited broadcast, as a DHCP client without an address sends it."""
    return packet.version == 4 and (packet.daddr == BROADCAST4 or packet.daddr == packet.saddr == 0)


def _martian(namespace: Namespace, state: State) -> End | None:
    """Return the end of a packet with a martian source or destination address, or None."""
    packet = state.packet
    if packet.version == 6:
        return None
    if is_multicast(packet.saddr, 4) or packet.saddr == BROADCAST4:
        return stopped(state, "martian-source", stage="input-route", link=state.iif)
    if _is_for_all(packet):
        return None
    if is_zero4(namespace.kernel, packet.saddr):
        return stopped(state, "martian-source", stage="input-route", link=state.iif)
    if is_zero4(namespace.kernel, packet.daddr):
        return stopped(state, "martian-destination", stage="input-route", link=state.iif)
    if not (is_loopback(packet.daddr, 4) or is_loopback(packet.saddr, 4)):
        return None
    if conf(namespace, 4, state.iif, "route_localnet", rule="or"):
        return None
    decided = sysctl_decided(namespace, state.iif, "route_localnet", "1")
    return stopped(
        state,
        "martian-destination" if is_loopback(packet.daddr, 4) else "martian-source",
        stage="input-route",
        link=state.iif,
        decided_by=decided,
    )


def sysctl_decided(namespace: Namespace, link: str, name: str, wanted: str, *, version: int = 4) -> SysctlDecided:
    """Return an interface's sysctl as the decider of a step.  With the value ``wanted``, the sysctl lets the packet go
    on."""
    path = ("net", "ipv4" if version == 4 else "ipv6", "conf", link, name)
    return SysctlDecided(path, namespace.sysctls.text(*path) or "0", wanted, namespace.sysctls.evidence)


def _forward(network: Network, namespace: Namespace, state: State, found: Found) -> Iterator[Outcome]:
    """Yield the outcomes for a packet to another host.  The packet is forwarded if its input interface forwards and a
    route exists.  An IPv6 packet that has its route already counts as received by that route's link.

    Source: net/ipv6/ip6_input.c ip6_rcv_core(): skb_valid_dst()
    """
    version = state.packet.version
    if version == 6 and found.type != "unicast":
        # Even with forwarding off, IPv6 sends an error about a destination without a route: ip6_pkt_drop().
        yield _not_routable(state, found)
        return
    kept = next((hop.link for hop in found.next_hops if state.frame.routed is not None and version == 6), None)
    if not forwards(namespace, version, kept or state.iif):
        link = "all" if version == 6 else state.iif
        decided = sysctl_decided(namespace, link, "forwarding", "1", version=version)
        yield stopped(state, "forwarding-off", stage="forward", link=state.iif, decided_by=decided)
        return
    if found.type != "unicast":
        yield _not_routable(state, found)
        return
    for hop, chosen in paths(network, state, found):
        if hop.link is not None:
            yield _forward_by(namespace, chosen, found, hop, hop.link)


def _forward_by(namespace: Namespace, state: State, found: Found, hop: NextHop, link: str) -> Outcome:
    """Return the packet as it is forwarded to the next hop, or its end.

    Source: net/ipv4/ip_forward.c ip_forward(), net/ipv6/ip6_output.c ip6_forward()
    """
    version = state.packet.version
    refused = _believed(namespace, state, out=link)
    if refused is not None:
        return refused
    if state.packet.ttl <= 1:
        return stopped(state, "ttl", stage="forward", link=state.iif, reject=_TTL_EXCEEDED[version])
    if version == 6 and link != state.iif and (state.packet.saddr == 0 or LINK_LOCAL6.holds(state.packet.saddr, 6)):
        # The kernel sends an error only to a link-local source.  Source: net/ipv6/ip6_output.c ip6_forward()
        answer = "icmp6-not-neighbour" if state.packet.saddr else None
        return stopped(state, "martian-source", stage="forward", link=state.iif, reject=answer)
    mtu = route_mtu(namespace, found.route, link, forwarding=True)
    answer = too_big_to_forward(state, mtu)
    if answer is not None:
        narrow = LinkDecided(link, message("has room for {mtu} bytes", mtu=mtu))
        return stopped(state, "mtu", stage="forward", link=link, decided_by=narrow, reject=answer)
    packet = msgspec.structs.replace(state.packet, ttl=state.packet.ttl - 1)
    # On output IPv6 compares the packet with the route's MTU a second time: ip6_finish_output().
    mtu = route_mtu(namespace, found.route, link, forwarding=version == 4)
    return _noted(state, found).to("forward", oif=link, next_hop=hop, mtu_bytes=mtu, packet=packet)


_TTL_EXCEEDED: dict[Version, str] = {4: "icmp-ttl-exceeded", 6: "icmp6-ttl-exceeded"}


def _not_routable(state: State, found: Found) -> End:
    """Return the end of a packet that has no route, or whose route's type (such as ``prohibit``) refuses it.

    Source: net/ipv4/route.c ip_error(), net/ipv4/fib_semantics.c fib_props.
    """
    decided = decided_by_route(found)
    six = state.packet.version == 6
    match found.type:
        case "blackhole":
            return stopped(state, "route-type", stage="input-route", link=state.iif, decided_by=decided)
        case "anycast" | "multicast":  # IPv4 drops a received packet with a route of these types: martian_destination
            return stopped(state, "martian-destination", stage="input-route", link=state.iif, decided_by=decided)
        case "prohibit":
            answer = "icmp6-adm-prohibited" if six else "icmp-admin-prohibited"
        case "unreachable":
            # A route of type unreachable causes the error "host unreachable"; a policy rule causes "net unreachable":
            # fib_props, fib4_rule_action().
            by_route = found.route is not None
            answer = "icmp6-no-route" if six else f"icmp-{'host' if by_route else 'net'}-unreachable"
        case _:
            answer = "icmp6-no-route" if six else "icmp-net-unreachable"
            return stopped(state, "no-route", stage="input-route", link=state.iif, decided_by=decided, reject=answer)
    return stopped(state, "route-type", stage="input-route", link=state.iif, decided_by=decided, reject=answer)


def _believed(namespace: Namespace, state: State, *, out: str | None, to_many: bool = False) -> End | None:
    """Return the packet's end if the source address validation drops it (fib_validate_source), else None."""
    packet = state.packet
    if packet.version == 6 or packet.saddr == 0:
        return None
    reverse_path = conf(namespace, 4, state.iif, "rp_filter", rule="max") or 0
    accept_local = bool(conf(namespace, 4, state.iif, "accept_local", rule="or"))
    if not reverse_path and (accept_local or not _full_check(namespace, state.iif, out)):
        refused = not accept_local and Novelty.OWN_SOURCES_REFUSED.known_to(namespace.kernel)
        if refused and owns_address(namespace, 4, packet.saddr):
            return stopped(state, "martian-source", stage="input-route", link=state.iif)
        return None
    back = lookup(namespace, _reverse(namespace, state, packet, out, 0 if to_many else packet.daddr))
    if back.type in NO_WAY:
        return _strict(namespace, state, back) if reverse_path else None
    if back.type == "local":
        if not accept_local:
            return stopped(state, "martian-source", stage="input-route", link=state.iif)
    elif back.type != "unicast":
        return stopped(state, "martian-source", stage="input-route", link=state.iif)
    if any(each.link == state.iif or _is_in(namespace, each.link, state.iif) for each in back.next_hops):
        return None
    if back.type == "local" and state.iif == "lo":
        return None
    if reverse_path == 1 or (reverse_path and not addresses_of(namespace, state.iif, 4)):
        return _strict(namespace, state, back)
    return None


def _is_in(namespace: Namespace, link: str | None, vrf: str) -> bool:
    """Return whether the link is in that VRF.  Source: net/ipv4/fib_frontend.c fib_info_nh_uses_dev()"""
    master = vrf_of(namespace, link)
    return master is not None and master.name == vrf


def _full_check(namespace: Namespace, iif: str, out: str | None) -> bool:
    """Return whether the kernel looks up the source address although rp_filter is off.

    The kernel looks the source address up if custom policy rules or local routes exist.  Older kernels always look the
    source address up.  The oldest kernels look the source address up only for a packet that leaves by its input link,
    because they may send a redirect about such a packet.

    Source: net/ipv4/fib_frontend.c fib_validate_source()
    """
    if not Novelty.OWN_SOURCES_REFUSED.known_to(namespace.kernel):
        return out == iif and conf(namespace, 4, iif, "send_redirects", rule="or") != 0
    if not Novelty.SOURCES_SELDOM_LOOKED_UP.known_to(namespace.kernel):
        return True
    return has_custom_rules(namespace)


def _reverse(namespace: Namespace, state: State, packet: Packet, out: str | None, source: int) -> Query:
    """Return the key of the reverse-path lookup.  ``source`` is the reply's source; 0 for a broadcast or multicast
    packet."""
    use_mark = conf(namespace, 4, state.iif, "src_valid_mark", rule="or")
    protocol, sport, dport = _dissected(namespace, state)
    vrf = vrf_of(namespace, state.iif)
    return Query(
        4,
        packet.saddr,
        source,
        iif=vrf.name if vrf is not None else out or "lo",
        mark=state.mark_of_route if use_mark else 0,
        tos=packet.dscp << 2,
        protocol=protocol,
        sport=dport,
        dport=sport,
    )


def _strict(namespace: Namespace, state: State, back: Found) -> End:
    family = ("net", "ipv4", "conf")
    own = namespace.sysctl(*family, state.iif, "rp_filter") or 0
    everywhere = namespace.sysctl(*family, "all", "rp_filter") or 0
    link = state.iif if own >= everywhere else "all"
    strict = sysctl_decided(namespace, link, "rp_filter", "2" if back.type != "none" else "0")
    noted = state.noted("input-route", state.iif, decided_by_route(back), note="reverse path")
    return stopped(noted, "rp-filter", stage="input-route", link=state.iif, decided_by=strict)
