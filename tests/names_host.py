"""The small host with a second container, ``api``, whose name ``web`` asks for."""

import msgspec

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PinnedName, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.names import EMBEDDED
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.small_host import WEB, container, container_namespace, engine, host_namespace, local, network, route, sibling

SERVER, API = (parse_address(each)[1] for each in ("192.0.2.53", "172.18.0.3"))
_RESOLVER = Socket("udp", 4, EMBEDDED, 53, process="dockerd")


def asking(name: str = "api", server: int = SERVER) -> Flow:
    """Return the flow by which web asks its name server for the name."""
    return Flow(FromContainer("web", sibling("container:web")), 4, server, "udp", 53, purpose="dns", asked_name=name)


def named(
    *networks: str, other: tuple[str, ...] = ("bridge",), extra_names: tuple[str, ...] = (), server: str = "192.0.2.53"
) -> Network:
    """Return the host whose web is on ``networks``, and api on ``other``; ``server``: the one in web's resolv.conf, if
    none of its networks is Docker's to serve."""
    served = any(each != "bridge" for each in networks)
    sockets = container_namespace().sockets
    inner = container_namespace((*sockets, _RESOLVER) if served else sockets)
    web = msgspec.structs.replace(
        container(), endpoints=tuple(Endpoint(each, each, WEB, 16) for each in networks), extra_names=extra_names,
        resolvers=("127.0.0.11",) if served else (server,) if server else (),
    )  # fmt: skip
    api = msgspec.structs.replace(
        container(), id="a" * 64, name="api", bindings=(), netns="container:api", evidence="e8",
        endpoints=tuple(Endpoint(each, each, API, 16) for each in other), resolvers=(server,),
    )  # fmt: skip
    whole = network(_host(), inner, docker=_engine(web, api))
    (host,) = whole.hosts
    return msgspec.structs.replace(whole, hosts=(msgspec.structs.replace(host, namespaces=(*host.namespaces, _api())),))


def pinning(address: str = "172.18.0.9", name: str = "api", **whole: object) -> Network:
    """Return the host whose web and api are on one network, and web's own file leads the name to the address."""
    found = named("shop", other=("shop",))
    (host,) = found.hosts
    (docker,) = host.engines
    pin = PinnedName(name, 4, parse_address(address)[1] if address != "host-gateway" else None)
    web, *others = docker.containers
    gateway = parse_address("172.18.0.1")[1]
    ends = tuple(msgspec.structs.replace(each, gateway4=gateway) for each in web.endpoints)
    web = msgspec.structs.replace(web, extra_names=(name,), pinned=(pin,), endpoints=ends)
    docker = msgspec.structs.replace(docker, containers=(web, *others), **whole)
    inner = host.namespace("host")
    sysctls = inner.sysctls.with_value(("net", "ipv4", "conf", "br-shop", "forwarding"), "1")
    namespaces = (msgspec.structs.replace(inner, sysctls=sysctls), *host.namespaces[1:])
    host = msgspec.structs.replace(host, engines=(docker,), namespaces=namespaces)
    return msgspec.structs.replace(found, hosts=(host,))


def written(address: str = "172.18.0.9", name: str = "api", linked: tuple[str, ...] = ()) -> Network:
    """Return the host whose web and api are on one network, and a line in web's /etc/hosts, which none of web's options
    wrote, leads the name to the address.  ``linked``: the names of its legacy links."""
    found = pinning(address, name)
    (host,) = found.hosts
    (docker,) = host.engines
    web, *others = docker.containers
    entries = (PinnedName("web", 4, WEB), *web.pinned)
    web = msgspec.structs.replace(web, pinned=(), hosts_entries=entries, linked_names=linked)
    docker = msgspec.structs.replace(docker, containers=(web, *others))
    return msgspec.structs.replace(found, hosts=(msgspec.structs.replace(host, engines=(docker,)),))


def to_pin(address: str = "172.18.0.9", port: int = 80) -> Flow:
    """Return web's flow to the address."""
    return Flow(FromContainer("web", sibling("container:web")), 4, parse_address(address)[1], "tcp", port)


def _engine(*containers: Container) -> Engine:
    usual = engine(*containers)
    subnet = Subnet(4, parse_address("172.18.0.0")[1], 16, parse_address("172.18.0.1")[1])
    shop = DockerNetwork("shop", "shop", "bridge", subnets=(subnet,), bridge="br-shop")
    other = DockerNetwork("office", "office", "bridge", bridge="br-office")
    return msgspec.structs.replace(usual, networks=(*usual.networks, shop, other))


def _host() -> Namespace:
    usual = host_namespace()
    return msgspec.structs.replace(
        usual,
        links=(
            *usual.links, Link(20, "br-shop", "bridge", bridge=BridgeInfo()),
            Link(21, "veth3", "veth", master="br-shop", peer_index=22, peer_netnsid=1, port=BridgePort()),
        ),
        addresses=(*usual.addresses, Address("br-shop", 4, parse_address("172.18.0.1")[1], 16)),
        routes=(*usual.routes, local("172.18.0.1/32", "br-shop"), route("172.18.0.0/16", "br-shop")),
    )  # fmt: skip


def _api() -> Namespace:
    usual = container_namespace()
    return msgspec.structs.replace(
        usual,
        name="container:api",
        links=(usual.links[0], Link(22, "eth0", "veth", peer_index=21, peer_netnsid=0)),
        addresses=(usual.addresses[0], Address("eth0", 4, API, 16)),
        routes=(
            local("172.18.0.3/32", "eth0"),
            route("172.18.0.0/16", "eth0"),
            route("default", "eth0", via="172.18.0.1"),
        ),
    )
