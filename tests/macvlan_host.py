"""The small host whose container is on a macvlan or ipvlan network of ``eth0``: 198.51.100.192, beside the host's own
address."""

from msgspec.structs import replace

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import Neighbour
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from tests.rule_text import without
from tests.small_host import HOST_ADDRESS, container, container_namespace, engine, host_namespace, local, network, route

CHILD = parse_address("198.51.100.192")[1]
BESIDE = CHILD + 1
_MAC, _SHIM_MAC, _BELOW_MAC = 0x0242C63364C0, 0x021122334455, 0x02AABBCCDD01


def on_macvlan(*, shim: bool = False, routed: bool = True, mode: str = "bridge") -> Network:
    """Return the host; ``shim``: with a macvlan of its own on the link, and if ``routed`` a route to the container by
    it.  ``mode``: the container's."""
    host = host_namespace(without("172.17.0.2"), sockets=(Socket("tcp", 4, None, 22, process="sshd"),))
    if shim:
        reached = replace(route("198.51.100.192/32", "macvlan0"), prefsrc=HOST_ADDRESS)
        own = Link(9, "macvlan0", "macvlan", mac=_SHIM_MAC, peer_index=2, lower="eth0", macvlan_mode="bridge")
        ways = (reached,) if routed else ()
        host = replace(host, links=(*host.links, own), routes=(*host.routes, *ways))
    child = Link(4, "eth0", "macvlan", mac=_MAC, peer_index=2, peer_netnsid=0, macvlan_mode=mode)
    return network(host, _inner(child), docker=described())


def on_ipvlan(mode: str = "l2", flag: str = "bridge", *, joined: bool = False, beside: str = "") -> Network:
    """Return the host with ``web`` on an ipvlan; ``joined``: and an ipvlan of its own that leads to it.

    ``beside``: the flag of another container's ipvlan, ``db``."""
    host = host_namespace(without("172.17.0.2"), sockets=(Socket("tcp", 4, None, 22, process="sshd"),))
    links = tuple(replace(each, mac=_BELOW_MAC) if each.name == "eth0" else each for each in host.links)
    host = replace(host, links=links)
    if joined:
        own = Link(9, "ipvlan0", "ipvlan", mac=_BELOW_MAC, peer_index=2, lower="eth0", macvlan_mode=mode,
                   ipvlan_flag="bridge")  # fmt: skip
        reached = replace(route("198.51.100.192/32", "ipvlan0"), prefsrc=HOST_ADDRESS)
        entered = Neighbour("ipvlan0", 4, CHILD, _BELOW_MAC, "PERMANENT")
        host = replace(host, links=(*host.links, own), routes=(*host.routes, reached),
                                       neighbours=(*host.neighbours, entered))  # fmt: skip
    return _with_beside(network(host, _inner(_ipvlan(mode, flag)), docker=described("ipvlan")), _ipvlan(mode, beside))


def two_macvlans(mode: str) -> Network:
    """Return the host with another container beside ``web``, both on macvlans of this mode."""
    other = Link(5, "eth0", "macvlan", mac=_MAC + 1, peer_index=2, peer_netnsid=0, macvlan_mode=mode)
    return _with_beside(on_macvlan(mode=mode), other)


def without_web(whole: Network) -> Network:
    """Return the host after ``docker stop web``: it has no namespace, and keeps the address that was chosen for it."""
    (host,) = whole.hosts
    (docker,) = host.engines
    web, *others = docker.containers
    (end,) = web.endpoints
    end = replace(end, ipv4=None, ipv4_prefix_length=0, gateway4=None, fixed4=end.ipv4)
    web = replace(web, status="exited", exit_code=137, netns=None, pid=None, endpoints=(end,))
    engines = (replace(docker, containers=(web, *others)),)
    namespaces = tuple(each for each in host.namespaces if each.name != "container:web")
    return replace(whole, hosts=(replace(host, engines=engines, namespaces=namespaces),))


def _ipvlan(mode: str, flag: str) -> Link:
    return Link(4, "eth0", "ipvlan", mac=_BELOW_MAC, peer_index=2, peer_netnsid=0, macvlan_mode=mode, ipvlan_flag=flag)


def _with_beside(whole: Network, link: Link) -> Network:
    """Return the network with container ``db`` on this link; an ipvlan without flag: it is left out."""
    if link.kind == "ipvlan" and not link.ipvlan_flag:
        return whole
    host = whole.hosts[0]
    (docker,) = host.engines
    inner = replace(_inner(link, BESIDE), name="container:db")
    end = Endpoint("mv", "n3", BESIDE, 24, gateway4=parse_address("198.51.100.1")[1])
    db = replace(_child(), id="d" * 64, name="db", netns="container:db", bindings=(), endpoints=(end,))
    engine = replace(docker, containers=(*docker.containers, db))
    return replace(whole, hosts=(replace(host, namespaces=(*host.namespaces, inner), engines=(engine,)),))


def described(driver: str = "macvlan") -> Engine:
    """Return dockerd with the macvlan or ipvlan network and the container on it."""
    usual = engine(_child())
    subnet = Subnet(4, parse_address("198.51.100.0")[1], 24, parse_address("198.51.100.1")[1])
    macvlan = DockerNetwork("n3", "mv", driver, subnets=(subnet,), options=(("parent", "eth0"),))
    return replace(usual, networks=(*usual.networks, macvlan))


def _child() -> Container:
    """Return the container: it asks for a published port and gets none."""
    usual = container()
    (asked,) = usual.bindings
    return replace(
        usual,
        network_mode="mv",
        bindings=(replace(asked, actual=False),),
        endpoints=(Endpoint("mv", "n3", CHILD, 24, gateway4=parse_address("198.51.100.1")[1]),),
    )


def _inner(link: Link, address: int = CHILD) -> Namespace:
    usual = container_namespace()
    return replace(
        usual,
        links=(usual.links[0], link),
        addresses=(Address("lo", 4, 0x7F000001, 8, "host"), Address("eth0", 4, address, 24)),
        routes=(
            local("127.0.0.0/8", "lo"),
            local(f"{address_text(address, 4)}/32", "eth0"),
            route("198.51.100.0/24", "eth0"),
            route("default", "eth0", via="198.51.100.1"),
        ),
    )
