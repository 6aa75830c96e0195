"""The small host whose container sends everything into a VPN of its own, except to listed networks."""

import msgspec

from hairpin.host.link import Address, Link
from hairpin.network.network import Network
from tests.small_host import container_namespace, local, network, number, route

OWN = number("10.2.0.2")


def behind_vpn(*listed: str, kind: str = "tun") -> Network:
    """Return the host whose container has a VPN; ``listed``: the networks that are excepted from it."""
    inner = container_namespace()
    return network(
        inner=msgspec.structs.replace(
            inner,
            links=(*inner.links, Link(9, "tun0", kind)),
            addresses=(*inner.addresses, Address("tun0", 4, OWN, 24)),
            routes=(
                *inner.routes,
                local("10.2.0.2/32", "tun0"),
                route("10.2.0.0/24", "tun0"),
                route("0.0.0.0/1", "tun0", via="10.2.0.1"),
                route("128.0.0.0/1", "tun0", via="10.2.0.1"),
                *(route(each, "eth0", via="172.17.0.1") for each in listed),
            ),
        )
    )
