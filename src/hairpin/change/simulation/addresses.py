"""Adds an address to a link or deletes it, with the local, broadcast and connected routes that the kernel makes for it.

Source: net/ipv4/fib_frontend.c fib_add_ifaddr(), fib_del_ifaddr(), fib_inetaddr_event(); net/ipv4/devinet.c
__inet_insert_ifa(), __inet_del_ifa(); net/ipv6/addrconf.c inet6_addr_add(), addrconf_prefix_route(), ipv6_del_addr()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, NextHop, Route
from hairpin.network.index import vrf_of
from hairpin.network.network import conf
from hairpin.network.prefix import Version, last_of, network_of, width

_METRIC6 = 256
"""The metric of routes that the kernel makes for IPv6 addresses: IP6_RT_PRIO_ADDRCONF."""
_EVERYBODY = 0xFFFFFFFF
"""The broadcast address that needs no route: INADDR_BROADCAST."""


def with_address(namespace: Namespace, address: Address) -> Namespace:
    """Return the namespace with the address and its routes."""
    primary = _primary(namespace, address)
    added = msgspec.structs.replace(address, secondary=address.secondary or primary is not address)
    grown = msgspec.structs.replace(namespace, addresses=(*namespace.addresses, added))
    return _with_routes(grown, (added,))


def with_connected_routes(namespace: Namespace, link: str) -> Namespace:
    """Return the namespace with the routes that the kernel makes for the link's addresses when the link comes up.
    The kernel does not restore the routes by a gateway, which it deleted when the link went down.
    """
    return _with_routes(namespace, tuple(each for each in namespace.addresses if each.link == link))


def without_address(namespace: Namespace, address: Address) -> Namespace:
    """Return the namespace without the address, and without the entries that the kernel deletes together with it.

    With a primary IPv4 address the kernel deletes its secondary addresses.  If ``promote_secondaries`` is set, the
    secondary addresses stay, and the kernel makes their routes again.  With the last IPv4 address of a link the kernel
    deletes all IPv4 routes and neighbour entries of the link.
    """
    promotes = address.version == 4 and bool(conf(namespace, 4, address.link, "promote_secondaries", rule="or"))
    dependent = () if address.secondary or address.version == 6 else _secondaries(namespace, address)
    gone = (address, *(() if promotes else dependent))
    kept = tuple(each for each in namespace.addresses if each not in gone)
    if promotes and dependent:
        first = msgspec.structs.replace(dependent[0], secondary=False)
        kept = tuple(first if each is dependent[0] else each for each in kept)
    changed = msgspec.structs.replace(namespace, addresses=kept)
    theirs = {_key(route) for each in (*gone, *dependent) for route in _routes_of(namespace, each)}
    heirs = tuple(each for each in kept if each.link == address.link)
    promoted = tuple(each for each in heirs if promotes and each.value in {old.value for old in dependent})
    theirs -= {_key(route) for each in heirs if each not in promoted for route in _routes_of(changed, each)}
    last = address.version == 4 and not any(each.version == 4 for each in heirs)
    routes = tuple(
        route
        for route in _without_source(changed, gone)
        if _key(route) not in theirs and not (last and route.version == 4 and _is_by(route, address.link))
    )
    known = tuple(each for each in changed.neighbours if not (last and (each.link, each.version) == (address.link, 4)))
    return _with_routes(msgspec.structs.replace(changed, routes=routes, neighbours=known), promoted)


def missing_routes(namespace: Namespace, version: Version) -> tuple[Route, ...]:
    """Return the routes that the kernel makes for the namespace's addresses and that the namespace does not have."""
    addresses = tuple(each for each in namespace.addresses if each.version == version)
    return _with_routes(namespace, addresses).routes[len(namespace.routes) :]


def resourced_routes(namespace: Namespace, version: Version) -> Iterator[Route]:
    """Yield, as the kernel makes it now, each route of an address that has a wrong preferred source in the namespace.
    A wrong source is an address that the link no longer has."""
    addresses = tuple(each for each in namespace.addresses if each.version == version)
    own = {(each.link, each.value) for each in addresses}
    sources = {_key(each): each.prefsrc for each in namespace.routes if each.prefsrc is not None}
    for address in addresses:
        for route in _routes_of(namespace, address):
            source = sources.get(_key(route), route.prefsrc)
            if source != route.prefsrc and (address.link, source) not in own:
                yield route


def address_of(namespace: Namespace, route: Route) -> Address | None:
    """Return the address for which the kernel made the route, or None."""
    for address in namespace.addresses:
        if address.version == route.version and any(
            _key(each) == _key(route) for each in _routes_of(namespace, address)
        ):
            return address
    return None


def _secondaries(namespace: Namespace, primary: Address) -> tuple[Address, ...]:
    return tuple(
        each
        for each in namespace.addresses
        if each.secondary
        and (each.link, each.version, each.prefix_length) == (primary.link, 4, primary.prefix_length)
        and primary.holds(each.value, 4)
    )


def _without_source(namespace: Namespace, gone: tuple[Address, ...]) -> Iterator[Route]:
    """Yield the routes that are left after the addresses were deleted.

    IPv4 deletes each route of the main table (or of the VRF's table) whose preferred source is a deleted address.  IPv6
    keeps a route whose preferred source is deleted, and removes only the preferred source.

    Source: net/ipv4/fib_semantics.c fib_sync_down_addr(), net/ipv6/route.c rt6_remove_prefsrc()
    """
    left = {(each.version, each.value) for each in namespace.addresses}
    tables = {_vrf_table(namespace, each.link) or TABLE_MAIN for each in gone}
    lost = {(each.version, each.value) for each in gone} - left
    for route in namespace.routes:
        if (
            route.prefsrc is None
            or (route.version, route.prefsrc) not in lost
            or (route.version == 4 and route.table not in (*tables, TABLE_LOCAL))
        ):
            yield route
        elif route.version == 6:
            yield msgspec.structs.replace(route, prefsrc=None)


def _key(route: Route) -> tuple[object, ...]:
    """Return the fields by which the kernel finds a route that it made for an address, without the metric:
    fib_table_delete()."""
    hop = route.next_hops[0] if len(route.next_hops) == 1 else NextHop(None)
    way = (route.tos, hop.link, hop.gateway)
    return route.version, route.destination, route.prefix_length, route.table, route.type, way


def _is_by(route: Route, link: str) -> bool:
    return bool(route.next_hops) and all(hop.link == link for hop in route.next_hops)


def _with_routes(namespace: Namespace, addresses: tuple[Address, ...]) -> Namespace:
    present = {_key(route) for route in namespace.routes}
    wanted: dict[tuple[object, ...], Route] = {}
    for address in addresses:
        for route in _routes_of(namespace, address) if not address.tentative else ():
            if _key(route) not in present:
                wanted.setdefault(_key(route), route)
    return msgspec.structs.replace(namespace, routes=(*namespace.routes, *wanted.values()))


def _primary(namespace: Namespace, address: Address) -> Address:
    """Return the primary address that belongs to the address: the link's first address in the same network, or the
    address itself."""
    for each in namespace.addresses:
        same = (each.link, each.version, each.prefix_length) == (address.link, 4, address.prefix_length)
        if same and not each.secondary and each.holds(address.value, 4):
            return each
    return address


def _vrf_table(namespace: Namespace, link: str) -> int | None:
    vrf = vrf_of(namespace, link)
    return vrf.vrf_table if vrf is not None else None


def _routes_of(namespace: Namespace, address: Address) -> Iterator[Route]:
    """Yield the address's local route, and the routes that the kernel keeps for the address only while the link is up.

    If the link is a VRF port, all these routes are in the VRF's table.

    Source: net/ipv4/fib_frontend.c fib_magic(), net/ipv6/addrconf.c l3mdev_fib_table()"""
    vrf = _vrf_table(namespace, address.link)
    own, main = (TABLE_LOCAL, TABLE_MAIN) if vrf is None else (vrf, vrf)
    version, value, length = address.version, address.value, address.prefix_length
    prefsrc = _primary(namespace, address).value if version == 4 else None
    metric = 0 if version == 4 else _METRIC6
    on_link = (NextHop(address.link),)
    yield Route(version, value, width(version), own, "local", on_link, scope="host", prefsrc=prefsrc)
    link = namespace.link(address.link)
    if link is not None and not link.up:
        return
    linkdown = link is not None and not link.carrier
    dead = linkdown and bool(conf(namespace, version, address.link, "ignore_routes_with_linkdown", rule="or"))
    hop = (NextHop(address.link, linkdown=linkdown, dead=dead),)
    if version == 6:
        if not address.noprefixroute:
            yield Route(6, network_of(value, length, 6), length, main, next_hops=hop, metric=metric)
        if address.peer is not None:
            yield Route(6, address.peer, width(6), main, next_hops=hop, metric=metric)
        return
    network = network_of(value if address.peer is None else address.peer, length, 4)
    if address.broadcast not in (None, _EVERYBODY):
        yield Route(4, address.broadcast, 32, own, "broadcast", hop, scope="link", prefsrc=prefsrc)
    if address.secondary or (length == 32 and network == value):
        return  # the primary address has the route to the network
    if link is not None and link.kind == "loopback":
        yield Route(4, network, length, own, "local", hop, scope="host", prefsrc=prefsrc)
    elif not address.noprefixroute:
        yield Route(4, network, length, main, next_hops=hop, prefsrc=prefsrc)
    if length < 31:
        yield Route(4, last_of(network, length, 4), 32, own, "broadcast", hop, scope="link", prefsrc=prefsrc)
