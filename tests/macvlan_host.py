"""The small host whose container is on a macvlan network of ``eth0``: 198.51.100.192, beside the host's own address."""

import msgspec

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.rule_text import without
from tests.small_host import HOST_ADDRESS, container, container_namespace, engine, host_namespace, local, network, route

CHILD = parse_address("198.51.100.192")[1]
_MAC, _SHIM_MAC = 0x0242C63364C0, 0x021122334455


def on_macvlan(*, shim: bool = False, routed: bool = True) -> Network:
    """Return the host; ``shim``: with a macvlan of its own on the link, and if ``routed`` a route to the container by
    it."""
    host = host_namespace(without("172.17.0.2"), sockets=(Socket("tcp", 4, None, 22, process="sshd"),))
    if shim:
        reached = msgspec.structs.replace(route("198.51.100.192/32", "macvlan0"), prefsrc=HOST_ADDRESS)
        own = Link(9, "macvlan0", "macvlan", mac=_SHIM_MAC, peer_index=2, lower="eth0", macvlan_mode="bridge")
        ways = (reached,) if routed else ()
        host = msgspec.structs.replace(host, links=(*host.links, own), routes=(*host.routes, *ways))
    return network(host, _inner(), docker=described())


def described() -> Engine:
    """Return dockerd with the macvlan network and the container on it."""
    usual = engine(_child())
    subnet = Subnet(4, parse_address("198.51.100.0")[1], 24, parse_address("198.51.100.1")[1])
    macvlan = DockerNetwork("n3", "mv", "macvlan", subnets=(subnet,), options=(("parent", "eth0"),))
    return msgspec.structs.replace(usual, networks=(*usual.networks, macvlan))


def _child() -> Container:
    """Return the container: it asks for a published port and gets none."""
    usual = container()
    (asked,) = usual.bindings
    return msgspec.structs.replace(
        usual,
        network_mode="mv",
        bindings=(msgspec.structs.replace(asked, actual=False),),
        endpoints=(Endpoint("mv", "n3", CHILD, 24, gateway4=parse_address("198.51.100.1")[1]),),
    )


def _inner() -> Namespace:
    usual = container_namespace()
    return msgspec.structs.replace(
        usual,
        links=(
            usual.links[0],
            Link(4, "eth0", "macvlan", mac=_MAC, peer_index=2, peer_netnsid=0, macvlan_mode="bridge"),
        ),
        addresses=(Address("lo", 4, 0x7F000001, 8, "host"), Address("eth0", 4, CHILD, 24)),
        routes=(
            local("127.0.0.0/8", "lo"),
            local("198.51.100.192/32", "eth0"),
            route("198.51.100.0/24", "eth0"),
            route("default", "eth0", via="198.51.100.1"),
        ),
    )
