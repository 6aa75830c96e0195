"""An address comes onto a link: the kernel adds its local, broadcast and connected routes.

Source: net/ipv4/fib_frontend.c fib_add_ifaddr(); net/ipv4/devinet.c __inet_insert_ifa(); net/ipv6/addrconf.c
inet6_addr_add(), addrconf_prefix_route()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.prefix import inside, last_of, network_of, width

_METRIC6 = 256
"""Of the routes that IPv6 addresses bring: IP6_RT_PRIO_ADDRCONF."""


def with_address(namespace: Namespace, address: Address) -> Namespace:
    """Return the namespace with the address and its routes."""
    primary = _primary(namespace, address)
    added = msgspec.structs.replace(address, secondary=address.secondary or primary is not address)
    grown = msgspec.structs.replace(namespace, addresses=(*namespace.addresses, added))
    return _with_routes(grown, (added,))


def with_connected_routes(namespace: Namespace, link: str) -> Namespace:
    """Return the namespace with the routes that the link's addresses bring, as when the link comes up.

    Routes by a gateway, which the kernel dropped when the link went down, do not come back by themselves.
    """
    return _with_routes(namespace, tuple(each for each in namespace.addresses if each.link == link))


def _with_routes(namespace: Namespace, addresses: tuple[Address, ...]) -> Namespace:
    present = {(route.version, route.destination, route.prefix_length, route.table) for route in namespace.routes}
    wanted = [
        route
        for address in addresses
        if not address.tentative
        for route in _routes_of(namespace, address)
        if (route.version, route.destination, route.prefix_length, route.table) not in present
    ]
    return msgspec.structs.replace(namespace, routes=(*namespace.routes, *wanted))


def _primary(namespace: Namespace, address: Address) -> Address:
    """Return the address of the same network that the link had before, or the address itself."""
    for each in namespace.addresses:
        same = (each.link, each.version, each.prefix_length) == (address.link, 4, address.prefix_length)
        if same and not each.secondary and inside(address.value, each.value, each.prefix_length, 4):
            return each
    return address


def _routes_of(namespace: Namespace, address: Address) -> Iterator[Route]:
    """Yield the local route, and what an address brings only while its link is up."""
    version, value, length = address.version, address.value, address.prefix_length
    prefsrc = _primary(namespace, address).value if version == 4 else None
    metric = 0 if version == 4 else _METRIC6
    on_link = (NextHop(address.link),)
    yield Route(version, value, width(version), TABLE_LOCAL, "local", on_link, scope="host", prefsrc=prefsrc)
    link = namespace.link(address.link)
    if link is not None and not link.up:
        return
    hop = (NextHop(address.link, linkdown=link is not None and not link.carrier),)
    if version == 4 and length < 31:
        last = last_of(value, length, 4)
        yield Route(4, last, 32, TABLE_LOCAL, "broadcast", hop, scope="link", prefsrc=prefsrc)
    if length < width(version):
        yield Route(version, network_of(value, length, version), length, next_hops=hop, prefsrc=prefsrc, metric=metric)
