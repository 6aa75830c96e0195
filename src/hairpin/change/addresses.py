"""An address comes onto a link: the kernel adds its local, broadcast and connected routes.

Source: net/ipv4/fib_frontend.c fib_add_ifaddr(); net/ipv6/addrconf.c
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.prefix import last_of, network_of, width


def with_address(namespace: Namespace, address: Address) -> Namespace:
    """Return the namespace with the address and its routes."""
    hop = (NextHop(address.link),)
    version, value, length = address.version, address.value, address.prefix_length
    routes = [Route(version, value, width(version), TABLE_LOCAL, "local", hop, scope="host")]
    if version == 4 and length < 31:
        routes.append(Route(4, last_of(value, length, 4), 32, TABLE_LOCAL, "broadcast", hop, scope="link"))
    if length < width(version):
        prefsrc = value if version == 4 else None
        routes.append(Route(version, network_of(value, length, version), length, next_hops=hop, prefsrc=prefsrc))
    return msgspec.structs.replace(
        namespace, addresses=(*namespace.addresses, address), routes=(*namespace.routes, *routes)
    )
