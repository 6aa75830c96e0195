"""A Docker host with any number of containers, each with a published port: links, namespaces, and dockerd's own rules.

The rules are those that ``hairpin.engines`` expects of this dockerd, which its tests hold against a real one.
"""

from collections.abc import Iterator

import msgspec

from hairpin.engines.docker.chains import BUILT_IN
from hairpin.engines.docker.dockerd import expected
from hairpin.engines.expected import ExpectedRules
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from tests.small_host import CLIENT, HOST_ADDRESS, container_namespace, host_namespace, lo, local, route

_VERSION = "28.5.1"
_FIRST_PORT = 10_000
_GATEWAY = parse_address("172.17.0.1")[1]
_SUBNET = parse_address("172.17.0.0")[1]


def docker_host(count: int) -> Network:
    """Return the host with so many containers (at most some 60,000) on docker0."""
    containers = tuple(_container(number) for number in range(count))
    bridge = DockerNetwork(
        "n1",
        "bridge",
        "bridge",
        subnets=(Subnet(4, _SUBNET, 16, _GATEWAY),),
        bridge="docker0",
        options=(("com.docker.network.bridge.default_bridge", "true"),),
    )
    engine = Engine("docker", _VERSION, containers=containers, networks=(bridge,))
    host = _host(count)
    text = rules(expected(engine, host))
    tables = parse(text, family="ip", dialect="iptables-nft", source="bench")
    host = msgspec.structs.replace(host, ruleset=Ruleset(tables))
    inner = (_inner(number) for number in range(count))
    return Network((Host("bench", namespaces=(host, *inner), engines=(engine,)),))


def flows(count: int) -> tuple[Flow, ...]:
    """Return a client's flow to each published port."""
    return tuple(Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", _FIRST_PORT + number) for number in range(count))


def rules(wanted: ExpectedRules) -> str:
    """Return the IPv4 rules as iptables-save prints them."""
    return "\n".join(_tables(wanted)) + "\n"


def _tables(wanted: ExpectedRules) -> Iterator[str]:
    for table, chains in BUILT_IN.items():
        policies = {
            each.chain: each.policy.upper() for each in wanted.policies if (each.family, each.table) == ("ip", table)
        }
        yield f"*{table}"
        yield from (f":{chain} {policies.get(chain, 'ACCEPT')} [0:0]" for chain in chains)
        yield from (f":{each.chain} - [0:0]" for each in wanted.chains if (each.family, each.table) == ("ip", table))
        yield from (each.rule.text for each in wanted.rules if (each.family, each.table) == ("ip", table))
        yield "COMMIT"


def _address(number: int) -> int:
    return _SUBNET + 2 + number


def _container(number: int) -> Container:
    return Container(
        id=f"{number:064x}",
        name=f"c{number}",
        status="running",
        started_at=f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
        bindings=(PortBinding("tcp", 80, _FIRST_PORT + number, None, 4),),
        endpoints=(Endpoint("bridge", "n1", _address(number), 16, gateway4=_GATEWAY),),
        netns=f"container:c{number}",
    )


def _host(count: int) -> Namespace:
    host = host_namespace()
    ports = (
        Link(
            2 * number + 11,
            f"veth{number}",
            "veth",
            master="docker0",
            peer_index=2 * number + 10,
            peer_netnsid=number,
            port=BridgePort(),
        )
        for number in range(count)
    )
    proxies = (
        Socket("tcp", 4, None, _FIRST_PORT + number, process="docker-proxy", relay=Relay(4, _address(number), 80))
        for number in range(count)
    )
    kept = tuple(link for link in host.links if link.kind != "veth")
    return msgspec.structs.replace(host, links=(*kept, *ports), sockets=tuple(proxies), ruleset=Ruleset())


def _inner(number: int) -> Namespace:
    usual = container_namespace()
    own = address_text(_address(number), 4)
    link = Link(2 * number + 10, "eth0", "veth", peer_index=2 * number + 11, peer_netnsid=0)
    ways = (local("127.0.0.0/8", "lo"), local(f"{own}/32", "eth0"), route("172.17.0.0/16", "eth0"))
    return msgspec.structs.replace(
        usual,
        name=f"container:c{number}",
        links=(lo(), link),
        addresses=(usual.addresses[0], Address("eth0", 4, _address(number), 16)),
        routes=(*ways, route("default", "eth0", via="172.17.0.1")),
    )
