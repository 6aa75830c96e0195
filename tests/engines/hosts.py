"""Small Docker hosts, and namespaces that hold all, or nearly all, of the rules that their engine should make."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path

import msgspec

from hairpin.engines.docker.dockerd import expected
from hairpin.engines.expected import FAMILIES, ExpectedRule
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Chain, Dialect, Jump, Map, NameKey, Ruleset, Table, VerdictElement
from hairpin.netfilter.rule_address import IpFamily
from tests.engines.inspected import engine_of, namespace_of

FIXTURES = Path(__file__).parent.parent / "fixtures"
BRIDGE = "com.docker.network.bridge."
EMPTY = Namespace(name="host")


def fixture(version: str) -> tuple[Engine, Namespace]:
    """Return the healthy host of that Docker version in tests/fixtures."""

    def read(name: str) -> str:
        return (FIXTURES / f"docker-{version}" / name).read_text(encoding="utf-8")

    number = msgspec.json.decode(read("docker-version.json"), type=dict[str, msgspec.Raw])["Server"]
    server = msgspec.json.decode(number, type=dict[str, msgspec.Raw])
    engine = engine_of(
        msgspec.json.decode(server["Version"], type=str),
        read("docker-networks.json"),
        read("docker-containers.json"),
        read("daemon.json"),
    )
    return engine, namespace_of((read("iptables-save.txt"), read("ip6tables-save.txt")), read("ip-link.json"))


def network(
    name: str, *prefixes: str, device: str = "", internal: bool = False, options: tuple[tuple[str, str], ...] = ()
) -> DockerNetwork:
    """Return a bridge network; options are without their common beginning."""
    blocks = tuple(ip_network(prefix) for prefix in prefixes)
    return DockerNetwork(
        id=name,
        name=name,
        driver="bridge",
        internal=internal,
        ipv6=any(block.version == 6 for block in blocks),
        subnets=tuple(Subnet(block.version, int(block.network_address), block.prefixlen) for block in blocks),
        options=tuple((f"{BRIDGE}{key}", value) for key, value in options),
        bridge=device or f"br-{name}",
    )


DOCKER0 = network("bridge", "172.17.0.0/16", device="docker0", options=(("default_bridge", "true"),))
N1 = network("n1", "172.21.0.0/16")
SIX = network("six", "172.22.0.0/16", "2001:db8:6::/64")


def number(address: str | None) -> int | None:
    """Return an address as a number."""
    return None if address is None else int(ip_address(address))


def endpoint(name: str, ipv4: str | None = None, ipv6: str | None = None) -> Endpoint:
    """Return an attachment."""
    return Endpoint(network=name, ipv4=number(ipv4), ipv6=number(ipv6))


def container(
    name: str, *endpoints: Endpoint, publish: tuple[PortBinding, ...] = (), status: str = "running"
) -> Container:
    """Return a container."""
    return Container(id=name, name=name, status=status, endpoints=endpoints, bindings=publish)


def docker(version: str, *networks: DockerNetwork, containers: tuple[Container, ...] = ()) -> Engine:
    """Return a dockerd with these networks only."""
    return Engine(kind="docker", version=version, networks=networks, containers=containers)


HTTP = PortBinding("tcp", 80, 8080)
WEB = container("web", endpoint("n1", "172.21.0.2"), publish=(HTTP,))


def texts(engine: Engine, family: IpFamily, table: str, chain: str) -> list[str]:
    """Return the expected rules of one chain, without ``-A CHAIN``."""
    return [
        one.rule.text.removeprefix(f"-A {chain} ")
        for one in expected(engine, EMPTY).rules
        if (one.family, one.table, one.chain) == (family, table, chain)
    ]


def keep_all(_rule: ExpectedRule) -> bool:
    """Keep every rule."""
    return True


def programmed(
    engine: Engine, keep: Callable[[ExpectedRule], bool] = keep_all, dialect: Dialect = "iptables-nft"
) -> Namespace:
    """Return a namespace with the engine's chains and those of its rules that are to be kept."""
    wanted = expected(engine, EMPTY)
    places = {(one.family, one.table, one.chain): None for one in wanted.rules}
    places |= {(one.family, one.table, one.chain): None for one in wanted.chains}
    tables = tuple(
        Table(
            family=family,
            name=name,
            dialect=dialect,
            chains=tuple(
                Chain(
                    name=chain,
                    rules=tuple(
                        one.rule
                        for one in wanted.rules
                        if (one.family, one.table, one.chain) == (family, name, chain) and keep(one)
                    ),
                )
                for (one_family, one_table, chain) in places
                if (one_family, one_table) == (family, name)
            ),
            maps=tuple(
                Map(one.map, "verdict", (VerdictElement((NameKey(one.device),), Jump(one.target)),))
                for one in wanted.elements
                if one.family == family
            ),
        )
        for family in FAMILIES
        for name in dict.fromkeys(table for one_family, table, _chain in places if one_family == family)
    )
    return Namespace(name="host", ruleset=Ruleset(tables=tables))
