"""An engine, made from the output of ``docker inspect`` and ``docker network inspect``."""

from ipaddress import ip_address
from typing import Literal

import msgspec

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.netfilter.iptables import save as iptables_save
from hairpin.netfilter.ir import Ruleset


class Document(msgspec.Struct, frozen=True, rename="pascal"):
    """Base of the parts of Docker's documents that matter here."""


class Ipam(Document, frozen=True):
    config: tuple[dict[str, str], ...] | None = None


class NetworkDocument(Document, frozen=True):
    name: str
    id: str
    scope: str
    driver: str
    internal: bool
    ingress: bool
    ipam: Ipam = msgspec.field(name="IPAM")
    enable_ipv6: bool = msgspec.field(name="EnableIPv6")
    options: dict[str, str] | None = None


class State(Document, frozen=True):
    status: str
    started_at: str


class Attached(Document, frozen=True):
    ipv4: str = msgspec.field(name="IPAddress")
    ipv6: str = msgspec.field(name="GlobalIPv6Address")


class Bound(Document, frozen=True):
    host_ip: str
    host_port: str


class Settings(Document, frozen=True):
    networks: dict[str, Attached]
    ports: dict[str, tuple[Bound, ...] | None] | None = None


class HostConfig(Document, frozen=True):
    network_mode: str


class ContainerDocument(Document, frozen=True):
    id: str
    name: str
    state: State
    host_config: HostConfig
    network_settings: Settings


class DaemonOptions(msgspec.Struct, frozen=True, rename="kebab"):
    """``daemon.json``."""

    iptables: bool | None = None
    ip6tables: bool | None = None
    ip_forward: bool | None = None
    ip_masq: bool | None = None
    icc: bool | None = None
    userland_proxy: bool | None = None
    allow_direct_routing: bool | None = None
    firewall_backend: str | None = None


class LinkDocument(msgspec.Struct, frozen=True):
    """``ip -j link``."""

    ifindex: int
    ifname: str


def engine_of(version: str, networks: str, containers: str, daemon: str = "{}") -> Engine:
    """Return the engine; ``daemon`` is the text of its daemon.json."""
    options = msgspec.json.decode(daemon, type=DaemonOptions)
    return Engine(
        kind="docker",
        version=version,
        containers=tuple(
            container_of(one) for one in msgspec.json.decode(containers, type=tuple[ContainerDocument, ...])
        ),
        networks=tuple(network_of(one) for one in msgspec.json.decode(networks, type=tuple[NetworkDocument, ...])),
        iptables=options.iptables,
        ip6tables=options.ip6tables,
        ip_forward=options.ip_forward,
        ip_masq=options.ip_masq,
        icc=options.icc,
        userland_proxy=options.userland_proxy,
        allow_direct_routing=options.allow_direct_routing,
        firewall_backend=options.firewall_backend,
    )


def namespace_of(
    saved: tuple[str, str], links: str = "[]", dialect: iptables_save.IptablesDialect = "iptables-nft"
) -> Namespace:
    """Return the host namespace from iptables-save, ip6tables-save and ``ip -j link``."""
    tables = (
        *iptables_save.parse(saved[0], family="ip", dialect=dialect, source="iptables-save"),
        *iptables_save.parse(saved[1], family="ip6", dialect=dialect, source="ip6tables-save"),
    )
    documents = msgspec.json.decode(links, type=tuple[LinkDocument, ...])
    found = tuple(Link(index=one.ifindex, name=one.ifname) for one in documents)
    return Namespace(name="host", links=found, ruleset=Ruleset(tables=tables))


def network_of(document: NetworkDocument) -> DockerNetwork:
    options = document.options or {}
    device = options.get("com.docker.network.bridge.name", f"br-{document.id[:12]}")
    return DockerNetwork(
        id=document.id,
        name=document.name,
        driver=document.driver,
        scope=document.scope,
        internal=document.internal,
        ipv6=document.enable_ipv6,
        ingress=document.ingress,
        subnets=tuple(subnet_of(one["Subnet"]) for one in document.ipam.config or ()),
        options=tuple(options.items()),
        bridge=device if document.driver == "bridge" else None,
    )


def subnet_of(text: str) -> Subnet:
    address, _, length = text.partition("/")
    network = ip_address(address)
    return Subnet(version=network.version, network=int(network), prefix_length=int(length))


def container_of(document: ContainerDocument) -> Container:
    settings = document.network_settings
    return Container(
        id=document.id,
        name=document.name.removeprefix("/"),
        status=document.state.status,
        network_mode=document.host_config.network_mode,
        started_at=document.state.started_at,
        bindings=tuple(binding_of(port, one) for port, bound in (settings.ports or {}).items() for one in bound or ()),
        endpoints=tuple(
            Endpoint(network=name, ipv4=number(one.ipv4), ipv6=number(one.ipv6))
            for name, one in settings.networks.items()
        ),
    )


def binding_of(port: str, bound: Bound) -> PortBinding:
    container_port, _, protocol = port.partition("/")
    address = ip_address(bound.host_ip or "0.0.0.0")
    kind: Literal["tcp", "udp", "sctp"] = "udp" if protocol == "udp" else "sctp" if protocol == "sctp" else "tcp"
    return PortBinding(
        protocol=kind,
        container_port=int(container_port),
        host_port=int(bound.host_port or 0),
        host_ip=int(address) or None,
        version=address.version,
    )


def number(address: str) -> int | None:
    return int(ip_address(address)) if address else None
