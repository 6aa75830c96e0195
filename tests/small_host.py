"""A small Docker host for tables of cases, built by hand: eth0, docker0, one container, rules as text; flows on it.

Real hosts are in tests/fixtures/hosts. On this one a test changes one thing at a time.
"""

from collections.abc import Mapping

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_LOCAL, NextHop, PolicyRule, Route
from hairpin.host.socket import Relay, Socket
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow, FromContainer, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix
from hairpin.network.world import World


def number(text: str) -> int:
    """Return the address as a number."""
    return parse_address(text)[1]


HOST_ADDRESS = number("198.51.100.11")
CLIENT = number("192.0.2.10")
WEB = number("172.17.0.2")
GATEWAY = number("172.17.0.1")

HOST_NETNS = Netns("test")
"""The host's own namespace."""


def sibling(name: str) -> Netns:
    """Return the identity of another namespace of the host."""
    return HOST_NETNS.sibling(name)


OUTSIDE = Outside(CLIENT)
WEB_ITSELF = FromContainer("web", sibling("container:web"))

DOCKER_RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
"""


def ruleset(text: str) -> Ruleset:
    """Return the rules of an iptables-save text."""
    return Ruleset(parse(text, family="ip", dialect="iptables-nft", source="test", evidence="e1"))


def sysctls(**values: str) -> Sysctls:
    """Return sysctls of net/ipv4, by keys such as ``conf__eth0__forwarding``."""
    return Sysctls({("net", "ipv4", *key.split("__")): value for key, value in values.items()}, "e2")


FORWARDING = {
    "ip_forward": "1",
    "conf__all__forwarding": "1",
    "conf__eth0__forwarding": "1",
    "conf__docker0__forwarding": "1",
}


def route(text: str, link: str, *, via: str | None = None, table: int = 254) -> Route:
    """Return ``text [via …] dev link``."""
    version, network, length = parse_prefix("0.0.0.0/0" if text == "default" else text)
    gateway = parse_address(via)[1] if via else None
    return Route(version, network, length, table, next_hops=(NextHop(link, gateway),), evidence="e3")


def local(text: str, link: str) -> Route:
    """Return the local-table route of an own address."""
    version, network, length = parse_prefix(text)
    return Route(version, network, length, TABLE_LOCAL, "local", (NextHop(link),))


def lo() -> Link:
    """Return the loopback link."""
    return Link(1, "lo", "loopback", flags=("LOOPBACK", "UP"))


def host_namespace(
    rules: str = DOCKER_RULES,
    *,
    values: Mapping[str, str] = {},
    routes: tuple[Route, ...] = (),
    policy_rules: tuple[PolicyRule, ...] = (),
    sockets: tuple[Socket, ...] | None = None,
) -> Namespace:
    """Return the host's namespace; ``values`` are further sysctls."""
    proxy = Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80), evidence="e4")
    return Namespace(
        name="host",
        links=(
            lo(),
            Link(2, "eth0", evidence="e5"),
            Link(3, "docker0", "bridge", bridge=BridgeInfo(forward_delay_s=15.0), evidence="e5"),
            Link(5, "veth1", "veth", master="docker0", peer_index=4, peer_netnsid=0, port=BridgePort(), evidence="e5"),
        ),
        addresses=(
            Address("lo", 4, 0x7F000001, 8, "host"),
            Address("eth0", 4, HOST_ADDRESS, 24),
            Address("docker0", 4, GATEWAY, 16),
        ),
        routes=(
            local("127.0.0.0/8", "lo"),
            local("127.0.0.1/32", "lo"),
            local("198.51.100.11/32", "eth0"),
            local("172.17.0.1/32", "docker0"),
            route("198.51.100.0/24", "eth0"),
            route("172.17.0.0/16", "docker0"),
            route("default", "eth0", via="198.51.100.1"),
            *routes,
        ),
        rules=policy_rules,
        sysctls=sysctls(**{**FORWARDING, **values}),
        sockets=(proxy,) if sockets is None else sockets,
        ruleset=ruleset(rules),
    )


def container_namespace(sockets: tuple[Socket, ...] | None = None, *, default: bool = True) -> Namespace:
    """Return the namespace of container ``web``."""
    listener = Socket("tcp", 4, None, 80, process="httpd", pid=7, evidence="e6")
    ways = (route("default", "eth0", via="172.17.0.1"),) if default else ()
    return Namespace(
        name="container:web",
        links=(lo(), Link(4, "eth0", "veth", peer_index=5, peer_netnsid=0)),
        addresses=(Address("lo", 4, 0x7F000001, 8, "host"), Address("eth0", 4, WEB, 16)),
        routes=(
            local("127.0.0.0/8", "lo"),
            local("127.0.0.1/32", "lo"),
            local("172.17.0.2/32", "eth0"),
            route("172.17.0.0/16", "eth0"),
            *ways,
        ),
        sysctls=sysctls(),
        sockets=(listener,) if sockets is None else sockets,
    )


def container(status: str = "running", *, binding: PortBinding | None = None) -> Container:
    """Return container ``web`` as Docker describes it."""
    running = status in ("running", "paused")
    return Container(
        id="c" * 64,
        name="web",
        status=status,
        pid=42 if running else None,
        bindings=(binding or PortBinding("tcp", 80, 8151, None, 4),),
        endpoints=(Endpoint("bridge", "n1", WEB if running else None, 16, gateway4=GATEWAY),),
        netns="container:web" if running else None,
        evidence="e7",
    )


def engine(*containers: Container, userland_proxy: bool | None = None) -> Engine:
    """Return dockerd with its default network."""
    subnet = Subnet(4, parse_address("172.17.0.0")[1], 16, GATEWAY)
    bridge = DockerNetwork("n1", "bridge", "bridge", subnets=(subnet,), bridge="docker0")
    return Engine("docker", "20.10.24", containers=containers, networks=(bridge,), userland_proxy=userland_proxy)


def network(
    host: Namespace | None = None,
    inner: Namespace | None = None,
    *,
    docker: Engine | None = None,
    world: World | None = None,
) -> Network:
    """Return the whole: host, container, engine, world."""
    namespaces = (host or host_namespace(), inner or container_namespace())
    described = docker or engine(container())
    return Network((Host("test", namespaces=namespaces, engines=(described,)),), world or World())


def published(start: Start = OUTSIDE, address: str = "198.51.100.11") -> Flow:
    """Return the flow to the published port at that address of the host."""
    version, value = parse_address(address)
    return Flow(start, version, value, "tcp", 8151)


def egress() -> Flow:
    """Return the container's own flow to a server outside."""
    return Flow(WEB_ITSELF, 4, parse_address("203.0.113.80")[1], "tcp", 443)
