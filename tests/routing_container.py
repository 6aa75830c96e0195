"""The small host whose container ``web`` routes for the clients of a VPN server in it: 10.13.13.0/24 behind its wg0."""

import msgspec

from hairpin.host.link import Address, Link
from hairpin.host.route import Route
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.small_host import (
    FORWARDING,
    HOST_ADDRESS,
    container_namespace,
    host_namespace,
    local,
    network,
    route,
    ruleset,
    sibling,
    sysctls,
)

MASQUERADING = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
BEHIND = parse_address("10.13.13.2")[1]
INNER = sibling("container:web")
START = Outside(BEHIND, "wg0", INNER)
TO_HOST = Flow(START, 4, HOST_ADDRESS, "tcp", 22)


def routing(*ways: Route, forwards: bool = True, masquerades: bool = False) -> Network:
    """Return the host, with a service of its own on port 22 and these further routes."""
    inner = container_namespace()
    own = Address("wg0", 4, parse_address("10.13.13.1")[1], 24)
    inner = msgspec.structs.replace(
        inner,
        links=(*inner.links, Link(9, "wg0", "tun", flags=("UP",))),
        addresses=(*inner.addresses, own),
        routes=(*inner.routes, local("10.13.13.1/32", "wg0"), route("10.13.13.0/24", "wg0")),
        sysctls=sysctls(**FORWARDING, conf__wg0__forwarding="1") if forwards else inner.sysctls,
        ruleset=ruleset(MASQUERADING) if masquerades else inner.ruleset,
    )
    host = host_namespace(sockets=(Socket("tcp", 4, None, 22, process="sshd"),))
    return network(msgspec.structs.replace(host, routes=(*host.routes, *ways)), inner)
