"""Finds the router to which a missing default route may have led, and makes the changes that send packets with an
uplink's address out by that uplink.

The kernel undoes DNAT of a container's answer only after routing.  At the route lookup the answer still has the
container's source address, so no policy rule for the uplink's address matches it.  A bit of the connection's mark
therefore tells by which uplink the client's packet came in.

Source: net/netfilter/nf_nat_core.c nf_nat_packet(); ip-rule(8)
"""

import msgspec

from hairpin.causes.kit import Iterator, Message, Namespace, Netns, View, message
from hairpin.change.change import AddEntry, Change, Primitive
from hairpin.change.intent import MarkAnswers, rendered
from hairpin.host.advertised import routers_on
from hairpin.host.boot.configured_address import configured_gateways
from hairpin.host.link import Address
from hairpin.host.route import TABLE_MAIN, Neighbour, NextHop, PolicyRule, Route
from hairpin.network.lost_address import routers_of_far_hosts
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import LINK_LOCAL6, Version, address_text, inside, width
from hairpin.network.uplinks import default_route_by, gateway_of, way_behind
from hairpin.walk.trace import ForeignSource


class Gateway(msgspec.Struct, frozen=True):
    """A router on a link.  ``source``: the sentence about the reading that names the router.  If no reading names the
    router, ``source`` is None, the address is a placeholder with which a walk shows the effect of a default route, and
    ``hint`` helps a person to find the router.  ``off_link``: whether the router is outside all networks of the
    link."""

    link: str
    address: int
    source: Message | None = None
    hint: Message | None = None
    off_link: bool = False

    @property
    def advice(self) -> tuple[Message, ...]:
        """The sentence about the router that an answer contains, if there is one."""
        said = self.source or self.hint
        return (said,) if said is not None else ()


def links_without_default(view: View) -> frozenset[str]:
    """Return the uplinks that may have lost the default route of the main table.

    Return no uplink if the main table has a default route.  Return no uplink also if another table has a default route
    and no policy rule leads packets from the address of this route's link to the table: the rule may be lost, and the
    route may be the host's default route.  A link with such a default route and such a rule has lost no route."""
    version, host = view.stop.seen.packet.version, view.host_namespace
    defaults = [each for each in host.routes if each.version == version and each.prefix_length == 0]
    addresses = _outer_addresses(view.network, view.host_netns, version)
    if not all(_is_for_own_address(host, each, addresses) for each in defaults):
        return frozenset()
    kept = {hop.link for each in defaults for hop in each.next_hops}
    return frozenset(each.link for each in addresses if each.link not in kept)


def _is_for_own_address(host: Namespace, default: Route, addresses: tuple[Address, ...]) -> bool:
    """Return whether a policy rule leads packets from the address of the default route's link to the default route's
    table."""
    links = {hop.link for hop in default.next_hops}
    own = {each.value for each in addresses if each.link in links}
    rules = (each for each in host.rules if (each.version, each.table) == (default.version, default.table))
    return default.table != TABLE_MAIN and any(
        each.source is not None and any(inside(value, *each.source, default.version) for value in own) for each in rules
    )


def likely_gateway(
    network: Network, netns: Netns, version: Version, links: frozenset[str] | None = None
) -> Gateway | None:
    """Return the likely router on an uplink, or None if the namespace has no uplink with an address.  ``links``: if
    given, only these uplinks count.

    The router is named by a file, or by a default route in another table or address family.  If no reading names the
    router, the router's address is a placeholder.  A neighbour on the link may be any machine, and a router of other
    routes may have no route to the destination, so both are only hints."""
    host = network.namespace(netns)
    stand_in: Gateway | None = None
    for address in _outer_addresses(network, netns, version):
        if links is not None and address.link not in links:
            continue
        known = named_gateway(network, netns, address)
        if known is not None:
            return known
        first = address.prefix.first + 1
        stand_in = stand_in or Gateway(
            address.link,
            first if first != address.value else first + 1,
            hint=_hint(host, address),
            off_link=address.prefix_length == width(version),
        )
    return stand_in


def _outer_addresses(network: Network, netns: Netns, version: Version) -> tuple[Address, ...]:
    """Return the global addresses that the namespace has on its uplinks."""
    host = network.namespace(netns)
    found = ((each, host.link(each.link)) for each in addresses_of(host, None, version) if each.scope == "global")
    return tuple(each for each, link in found if link is not None and is_uplink(network, netns, link))


def named_gateway(network: Network, netns: Netns, own: Address) -> Gateway | None:
    """Return the router that a file or another default route names in the network of the address, or None."""
    near = own.value, own.prefix_length, own.version
    named = (each for each in _named(network, netns, own) if each.address != own.value)
    return next((each for each in named if inside(each.address, *near) or _is_of_any_link(each, own.version)), None)


def _is_of_any_link(gateway: Gateway, version: Version) -> bool:
    """Return whether the router has a link-local address, as advertised IPv6 routers have."""
    return LINK_LOCAL6.holds(gateway.address, version)


def _named(network: Network, netns: Netns, own: Address) -> Iterator[Gateway]:
    """Yield the routers that a file, a route, a neighbour entry or another host names for the link of the address.  The
    most reliable source comes first."""
    if netns.is_host:
        for value, path in configured_gateways(network.host(netns.host), own.version):
            said = message("{file} names {address} as the router", file=path, address=address_text(value, own.version))
            yield Gateway(own.link, value, said)
    for route in network.namespace(netns).routes:
        if route.prefix_length == 0:
            for router in _routers(route, own):
                said = message("routing table {table} leads to the same router", table=route.table)
                yield Gateway(own.link, router, said)
    yield from _router_advertising(network.namespace(netns), own)
    yield from _of_other_family(network.namespace(netns), own)
    routers = dict(routers_of_far_hosts(network, netns, own))
    if len(routers) == 1:
        ((router, said),) = routers.items()
        yield Gateway(own.link, router, said)


def _router_advertising(namespace: Namespace, own: Address) -> Iterator[Gateway]:
    """Yield the neighbour on the link that has announced itself as an IPv6 router.

    Yield nothing if several neighbours have announced themselves as IPv6 routers."""
    routers = routers_on(namespace, own.link) if own.version == 6 else ()
    if len({each.mac for each in routers}) == 1:
        router = min(routers, key=lambda each: not LINK_LOCAL6.holds(each.value, 6))
        said = message(
            "{address} on {link} has announced itself as a router (ip -6 neigh)",
            address=address_text(router.value, 6),
            link=own.link,
        )
        yield Gateway(own.link, router.value, said)


def _of_other_family(namespace: Namespace, own: Address) -> Iterator[Gateway]:
    """Yield the neighbour on the link that has the hardware address of the other address family's default router.
    Yield nothing if several neighbours have this hardware address."""
    routers = {
        router
        for route in namespace.routes
        if route.prefix_length == 0 and route.version != own.version
        for hop in route.next_hops
        if hop.link == own.link and hop.gateway_version in (None, route.version) and (router := hop.gateway) is not None
    }
    macs = {mac for mac, each in _resolved(namespace, own) if each.version != own.version and each.value in routers}
    seen = [each for mac, each in _resolved(namespace, own) if each.version == own.version and mac in macs]
    same = {each.value for each in seen if own.holds(each.value, own.version)}
    if len(same) == 1:
        (value,) = same
        said = message(
            "the router of IPv{version} has the same hardware address as {address} on {link}",
            address=address_text(value, own.version),
            link=own.link,
            version=10 - own.version,
        )
        yield Gateway(own.link, value, said)


def _resolved(namespace: Namespace, own: Address) -> Iterator[tuple[int, Neighbour]]:
    """Yield the neighbours on the link whose hardware address is known, each with this hardware address."""
    for each in namespace.neighbours:
        if each.link == own.link and each.mac is not None and not each.unanswered and each.state != "NOARP":
            yield each.mac, each


def _routers(route: Route, own: Address) -> Iterator[int]:
    for hop in route.next_hops:
        if route.version == own.version and hop.link == own.link and hop.gateway is not None:
            yield hop.gateway


def _hint(namespace: Namespace, own: Address) -> Message | None:
    """Return the hint about the likely router, or None.  The hint names the gateway of other routes by the link, or
    else the only neighbour that was seen on the link."""
    routers = dict.fromkeys(router for route in namespace.routes for router in _routers(route, own))
    if len(routers) == 1:
        text = address_text(next(iter(routers)), own.version)
        return message(
            "other routes through {link} lead to {address}: find out whether it is the router",
            address=text,
            link=own.link,
        )
    seen = _seen(namespace, own)
    if len(seen) != 1:
        return None
    text = address_text(seen[0], own.version)
    return message(
        "{address} is the only neighbour that was seen on {link}: find out whether it is the router",
        address=text,
        link=own.link,
    )


def _seen(namespace: Namespace, own: Address) -> tuple[int, ...]:
    found = (
        each.value
        for each in namespace.neighbours
        if each.link == own.link
        and each.version == own.version
        and each.mac is not None
        and own.holds(each.value, own.version)
    )
    return tuple(dict.fromkeys(found))


_BITS = (0x100000, 0x200000, 0x400000, 0x800000)
"""Bits of a mark that are free on most hosts: kube-proxy has 0x4000 and 0x8000, tailscale 0x40000 and 0x80000."""
_FIRST_TABLE, _LAST_TABLE = 100, 252
_USUAL_PRIORITY = 90


def ways_home(network: Network, about: ForeignSource) -> Iterator[Change]:
    """Yield the changes after which packets with the uplink's address may leave by that uplink, the narrowest first.

    The first change is for the host's own packets, the second for answers of containers, the third for both.  Yield
    nothing if no route names a router behind the uplink."""
    namespace = network.namespace(about.netns)
    table = _table(namespace, about)
    bit = _free_bit(namespace)
    if table is None or bit is None:
        return
    number, made = table
    priority = _priority(namespace, about.version)
    source = (about.source, 32 if about.version == 4 else 128)
    # The uplink's table has only a default route, so packets to the host's own networks must still use the routes of
    # the main table.
    near = PolicyRule(about.version, priority - 1, table=TABLE_MAIN, source=source, suppress_prefix_length=0)
    own = PolicyRule(about.version, priority, table=number, source=source)
    marked = PolicyRule(about.version, priority, table=number, mark=(bit, bit))
    marking = rendered(MarkAnswers(about.netns, about.version, about.home, bit), network).parts
    for_own: tuple[Primitive, ...] = (AddEntry(about.netns, near), AddEntry(about.netns, own))
    for_answers: tuple[Primitive, ...] = (*marking, AddEntry(about.netns, marked))
    for parts in (for_own, for_answers, (*for_own, *for_answers)):
        yield Change((*made, *parts))


def _table(namespace: Namespace, about: ForeignSource) -> tuple[int, tuple[AddEntry, ...]] | None:
    """Return the number of a table whose default route leaves by the uplink.

    If no table has a default route by the uplink, return an unused table number and the route to add."""
    known = default_route_by(namespace, about.version, about.home)
    if known is not None:
        return known.table, ()
    way = way_behind(namespace, about.version, about.home)
    gateway = gateway_of(way, about.home) if way is not None else None
    used = {each.table for each in namespace.routes} | {each.table for each in namespace.rules}
    free = next((each for each in range(_FIRST_TABLE, _LAST_TABLE) if each not in used), None)
    if gateway is None or free is None:
        return None
    hop = NextHop(about.home, gateway)
    return free, (AddEntry(about.netns, Route(about.version, 0, 0, free, next_hops=(hop,))),)


def _free_bit(namespace: Namespace) -> int | None:
    """Return a mark bit that is in no policy rule's mask.  Masks of all bits do not count."""
    masks = [each.mark[1] for each in namespace.rules if each.mark is not None and each.mark[1] != 0xFFFFFFFF]
    return next((bit for bit in _BITS if not any(mask & bit for mask in masks)), None)


def _priority(namespace: Namespace, version: Version) -> int:
    """Return a rule priority before all other rules except the rule for table local.

    The next lower priority number is free, too."""
    first = min((each.priority for each in namespace.rules if each.version == version and each.priority), default=32766)
    return max(2, min(_USUAL_PRIORITY, first - 1))
