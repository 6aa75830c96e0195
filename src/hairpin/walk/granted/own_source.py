"""The source address that the kernel chose for packets of the host's own, if it is the address of a tunnel or a bridge.

Routers outside know the addresses of the uplink.  For IPv6 the kernel prefers an address that is not deprecated, even
one of another link.  A deprecated address of the uplink is then unused as soon as a tunnel or a bridge has any global
address, such as a private one (ULA).

Source: RFC 6724 section 5 rule 3; net/ipv6/addrconf.c ipv6_get_saddr_eval(); net/ipv4/devinet.c inet_select_addr()
"""

from collections.abc import Mapping

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.message import Message, message
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.network.network import Network, addresses_of, is_uplink, owns_address
from hairpin.network.prefix import address_text, is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup, route_text
from hairpin.walk.granted.capture import filter_of
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import ask_route6, state_return_route, watch_packets

_TUNNELS = ("tun", "wireguard")


def way_back_to_source(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the outside knows the way back to the packet's source address.

    Return none if the source is an address of the uplink, or one that machines outside may know, or if an answer to it
    came in.  ``left``: the packet that left the hosts."""
    packet, hop, netns = left.packet, left.next_hop, left.netns
    if left.carried is not None or left.track.ct_direction or not netns.is_host or hop is None or hop.gateway is None:
        return ()
    namespace = network.namespace(netns)
    holder = _holder(network, namespace, left)
    if holder is None or _was_answered(namespace, holder) or _is_stated(network, left):
        return ()
    version = packet.version
    deprecated = _avoided_address(namespace, left)
    found = lookup(namespace, Query(version, packet.daddr)).route
    route = route_text(found) if found is not None and found.prefsrc == holder.value else ""
    facts = {
        "source": address_text(holder.value, version),
        "link": left.oif,
        "holder": holder.link,
        "route": route,
        "own": "" if deprecated is None else address_text(deprecated.value, 6),
        "length": "" if deprecated is None else deprecated.prefix_length,
    }
    watched = watch_packets(left.oif, filter_of(packet))
    asked = (ask_route6(address_text(packet.daddr, 6), ""),) if version == 6 else ()
    return (
        OpenQuestion(
            text=_text(facts),
            if_yes=message("Machines outside know the way to {source}, and the verdict above stands", **facts),
            if_no=_if_no(facts),
            wanted=(watched, *asked, state_return_route(str(holder.prefix))),
            breaks_if="no",
        ),
    )


def _text(facts: Mapping[str, object]) -> Message:
    if facts["route"]:
        return message(
            "Does the way back to {source} exist? {link} sends these packets with the address of {holder}, because the "
            "route names it: {route}",
            **facts,
        )
    if facts["own"]:
        return message(
            "Does the way back to {source} exist? {link} sends these packets with the address of {holder}, because "
            "its own address {own} is deprecated (preferred_lft 0), and the kernel avoids such an address",
            **facts,
        )
    return message(
        "Does the way back to {source} exist? {link} sends these packets with the address of {holder}, because {link} "
        "has no address that fits",
        **facts,
    )


def _if_no(facts: Mapping[str, object]) -> Message:
    if facts["route"]:
        return message("No answer comes back: let the route name an address of {link} after `src`", **facts)
    if facts["own"]:
        return message(
            "No answer comes back: `ip -6 address change {own}/{length} dev {link} preferred_lft forever` lets the "
            "kernel use {own} again. Whatever configures {link} has to do the same at boot",
            **facts,
        )
    return message("No answer comes back: give {link} an address that machines outside know", **facts)


def _holder(network: Network, namespace: Namespace, left: State) -> Address | None:
    """Return the packet's source address, if another link than the uplink has it, and machines outside hardly know
    it."""
    packet, out = left.packet, namespace.link(left.oif)
    if out is None or not is_uplink(network, left.netns, out) or out.kind in _TUNNELS or out.tunnel is not None:
        return None
    known = [each for each in addresses_of(namespace, None, packet.version) if each.value == packet.saddr]
    if not known or any(each.link == left.oif for each in known) or not is_private(packet.saddr, packet.version):
        return None
    link = namespace.link(known[0].link)
    if packet.version == 6:
        return known[0] if not is_private(packet.daddr, 6) and link is not None else None
    is_inner = link is not None and (link.kind in ("bridge", *_TUNNELS) or link.tunnel is not None)
    return known[0] if is_inner else None


def _avoided_address(namespace: Namespace, left: State) -> Address | None:
    """Return the address of the uplink that the kernel avoids, because it is deprecated."""
    own = addresses_of(namespace, left.oif, 6) if left.packet.version == 6 else ()
    return next((each for each in own if each.scope == "global" and each.deprecated and not each.tentative), None)


def _was_answered(namespace: Namespace, source: Address) -> bool:
    """Return whether connection tracking has a connection from this address to the outside that was answered."""
    return any(
        each.version == source.version
        and source.value in (each.original.saddr, each.reply.daddr)
        and each.status & STATUS_SEEN_REPLY
        and not source.holds(each.original.daddr, each.version)
        and not owns_address(namespace, each.version, each.original.daddr)
        for each in namespace.connections
    )


def _is_stated(network: Network, left: State) -> bool:
    """Return whether the user has stated a route back to the address, or what the router behind the link takes."""
    packet, name = left.packet, left.netns.host
    if network.world.router_behind(name, packet.version, left.oif):
        return True
    return any(
        network.host_netns(each.host) == left.netns and each.holds(packet.saddr, packet.version)
        for each in network.world.return_routes
    )
