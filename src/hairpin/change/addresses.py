"""An address comes onto a link: the kernel adds its local, broadcast and connected routes.

Source: net/ipv4/fib_frontend.c fib_add_ifaddr(); net/ipv6/addrconf.c
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.prefix import last_of, network_of, width


def with_address(namespace: Namespace, address: Address) -> Namespace:
    """Return the namespace with the address and its routes."""
    grown = msgspec.structs.replace(namespace, addresses=(*namespace.addresses, address))
    return with_connected_routes(grown, address.link)


def with_connected_routes(namespace: Namespace, link: str) -> Namespace:
    """Return the namespace with the routes that the link's addresses bring, as when the link comes up.

    Routes by a gateway, which the kernel dropped when the link went down, do not come back by themselves.
    """
    present = {(route.version, route.destination, route.prefix_length, route.table) for route in namespace.routes}
    wanted = [
        route
        for address in namespace.addresses
        if address.link == link
        for route in _routes_of(address)
        if (route.version, route.destination, route.prefix_length, route.table) not in present
    ]
    return msgspec.structs.replace(namespace, routes=(*namespace.routes, *wanted))


def _routes_of(address: Address) -> Iterator[Route]:
    hop = (NextHop(address.link),)
    version, value, length = address.version, address.value, address.prefix_length
    yield Route(version, value, width(version), TABLE_LOCAL, "local", hop, scope="host")
    if version == 4 and length < 31:
        yield Route(4, last_of(value, length, 4), 32, TABLE_LOCAL, "broadcast", hop, scope="link")
    if length < width(version):
        prefsrc = value if version == 4 else None
        yield Route(version, network_of(value, length, version), length, next_hops=hop, prefsrc=prefsrc)
