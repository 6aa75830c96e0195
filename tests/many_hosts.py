"""A Docker host of many alike containers, built by hand, with a few odd ones."""

from collections.abc import Mapping

import msgspec

from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from tests.small_host import (
    CLIENT,
    GATEWAY,
    HOST_ADDRESS,
    engine,
    host_namespace,
    lo,
    local,
    network,
    route,
    sibling,
    sysctls,
)

COUNT = 8
"""Containers of a host, numbered from 0."""
FIRST_PORT = 20000
FORWARDING_OFF = {"conf__eth0__forwarding": "0"}
"""The sysctl by which nothing that comes in by eth0 is forwarded."""


def address(number: int) -> int:
    """Return the address of the container."""
    return GATEWAY + 1 + number


def rules_text(count: int = COUNT, *, nat: str = "", forward: str = "", docker: str = "", raw: str = "") -> str:
    """Return dockerd's rules for so many containers, with more rules in three chains; ``raw``: a table of its own."""
    texts = [address_text(address(number), 4) for number in range(count)]
    hairpin = [f"-A POSTROUTING -s {each}/32 -d {each}/32 -p tcp -m tcp --dport 80 -j MASQUERADE" for each in texts]
    opened = [f"-A DOCKER -d {each}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT" for each in texts]
    led = [
        f"-A DOCKER ! -i docker0 -p tcp -m tcp --dport {FIRST_PORT + number} -j DNAT --to-destination {each}:80"
        for number, each in enumerate(texts)
    ]
    return "\n".join(
        (
            "*nat", ":PREROUTING ACCEPT [0:0]", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]",
            ":POSTROUTING ACCEPT [0:0]", ":DOCKER - [0:0]", "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
            "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
            "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE", *hairpin, "-A DOCKER -i docker0 -j RETURN",
            *nat.splitlines(), *led, "COMMIT",
            "*filter", ":INPUT ACCEPT [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]", ":DOCKER - [0:0]",
            *forward.splitlines(), "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "-A FORWARD -o docker0 -j DOCKER", "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
            "-A FORWARD -i docker0 -o docker0 -j ACCEPT", *docker.splitlines(), *opened, "COMMIT", raw,
        )
    )  # fmt: skip


def ruleset_of(text: str) -> Ruleset:
    """Return the rules of an iptables-save text."""
    return Ruleset(parse(text, family="ip", dialect="iptables-nft", source="test", evidence="e1"))


def container_of(number: int) -> Container:
    """Return the container of that number."""
    return Container(
        id=f"{number:064x}",
        name=f"web-{number}",
        status="running",
        pid=100 + number,
        bindings=(PortBinding("tcp", 80, FIRST_PORT + number, None, 4),),
        endpoints=(Endpoint("bridge", "n1", address(number), 16, gateway4=GATEWAY),),
        netns=f"container:web-{number}",
        evidence="e7",
    )


def inside(number: int, port: int = 80) -> Namespace:
    """Return the container's namespace, with a service on the port."""
    own = address(number)
    return Namespace(
        name=f"container:web-{number}",
        links=(lo(), Link(100 + number, "eth0", "veth", mac=0x0242AC110002 + number, peer_index=200 + number,
                          peer_netnsid=0)),
        addresses=(Address("lo", 4, 0x7F000001, 8, "host"), Address("eth0", 4, own, 16)),
        routes=(
            local("127.0.0.0/8", "lo"), local("127.0.0.1/32", "lo"), local(f"{address_text(own, 4)}/32", "eth0"),
            route("172.17.0.0/16", "eth0"), route("default", "eth0", via="172.17.0.1"),
        ),
        sysctls=sysctls(),
        sockets=(Socket("tcp", 4, None, port, process="httpd", pid=300 + number, evidence="e6"),),
    )  # fmt: skip


def outer(rules: str, count: int = COUNT, values: Mapping[str, str] = {}) -> Namespace:
    """Return the host's namespace; ``values``: further sysctls."""
    small = host_namespace(values=values)
    wires = tuple(
        Link(200 + number, f"veth{number}a", "veth", mac=0x9A0000000000 + 7919 * number, master="docker0",
             peer_index=100 + number, peer_netnsid=number + 1, port=BridgePort(), evidence="e5")
        for number in range(count)
    )  # fmt: skip
    proxies = tuple(
        Socket("tcp", 4, None, FIRST_PORT + number, process="docker-proxy", pid=400 + number,
               relay=Relay(4, address(number), 80), evidence="e4")
        for number in range(count)
    )  # fmt: skip
    return msgspec.structs.replace(
        small,
        links=(*small.links[:3], *wires),
        sockets=proxies,
        ruleset=ruleset_of(rules),
        netnsids=tuple((number + 1, f"container:web-{number}") for number in range(count)),
    )


def many(rules: str | None = None, count: int = COUNT, *, values: Mapping[str, str] = {}) -> Network:
    """Return the host with so many containers; ``rules``: in place of dockerd's own; ``values``: further sysctls."""
    described = engine(*(container_of(number) for number in range(count)))
    host = outer(rules if rules is not None else rules_text(count), count, values)
    whole = network(host, docker=described).this
    spaces = (whole.namespaces[0], *(inside(number) for number in range(count)))
    return Network((msgspec.structs.replace(whole, namespaces=spaces),))


def flows_of_many(count: int = COUNT) -> tuple[Flow, ...]:
    """Return flows to each container from each kind of client, from each to the outside, and from each to the next."""
    neighbour = Lan(parse_address("198.51.100.7")[1])
    found: list[Flow] = []
    for number in range(count):
        start = FromContainer(f"web-{number}", sibling(f"container:web-{number}"))
        port, name = FIRST_PORT + number, f"web-{number}"
        found += (
            Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", port, container=name, purpose="published"),
            Flow(neighbour, 4, HOST_ADDRESS, "tcp", port, container=name, purpose="published"),
            Flow(FromHost(), 4, 0x7F000001, "tcp", port, container=name, purpose="published"),
            Flow(FromHost(), 4, address(number), "tcp", 80, container=name),
            Flow(start, 4, 0xCB007150, "tcp", 443, container=name, purpose="egress"),
            Flow(start, 4, address((number + 1) % count), "tcp", 80),
            Flow(start, 4, address(0), "tcp", 80),
            Flow(start, 4, HOST_ADDRESS, "tcp", port, container=name),
        )
    return tuple(msgspec.structs.replace(each, sport=40000 + 2 * n) for n, each in enumerate(found))
