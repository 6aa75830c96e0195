"""Finds the network of a container, which no output shows, from the host's links and rules.

``docker ps`` names no network.  But the rules of a published port lead to the address of its container, and a bridge
has carrier only while it has a port.
"""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.evidence.told import ToldParts
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address
from hairpin.netfilter.ir import FieldMatch, Nat

_replace = msgspec.structs.replace


def with_seen_networks(host: Host, told: ToldParts) -> Host:
    """Return the host in which running Docker containers are on the networks that links and rules show.  This applies
    to containers whose network no output shows."""
    own = host.own
    if own is None:
        return host
    engines = tuple(_with_places(each, own, told) if each.kind == "docker" else each for each in host.engines)
    return _replace(host, engines=engines)


def _with_places(engine: Engine, own: Namespace, told: ToldParts) -> Engine:
    for container in engine.containers:
        if not container.running or container.name in told.placed:
            continue
        found = _led_to(own, container) or _only_bridge_in_use(own)
        if found is None:
            continue
        address, inner = found
        engine, network = _with_network(engine, address)
        end = Endpoint(network.name, network.id, inner, address.prefix_length, gateway4=address.value)
        engine = engine.with_container(_replace(container, endpoints=(end,)))
    return engine


def _led_to(own: Namespace, container: Container) -> tuple[Address, int] | None:
    """Return two addresses: the address to which the rules of the container's published ports lead, and before it the
    address of the bridge whose network contains it."""
    for inner in _destinations(own, container):
        for each in own.addresses:
            if each.version == 4 and each.prefix.holds(inner, 4) and _is_bridge(each.link):
                return each, inner
    return None


def _destinations(own: Namespace, container: Container) -> Iterator[int]:
    table = own.ruleset.table("ip", "nat")
    chain = table.chain("DOCKER") if table is not None else None
    published = {(each.host_port, each.container_port) for each in container.bindings}
    for rule in chain.rules if chain is not None else ():
        ports = [
            low
            for each in rule.body
            if isinstance(each, FieldMatch) and each.field == "dport"
            for low, high in each.ranges
            if low == high
        ]
        for each in (one for one in rule.body if isinstance(one, Nat)):
            if each.addresses is not None and each.ports is not None:
                yield from (each.addresses[0] for port in ports if (port, each.ports[0]) in published)


def _only_bridge_in_use(own: Namespace) -> tuple[Address, None] | None:
    """Return the address of the only bridge of Docker that has carrier, if docker0 has none."""
    default = own.link("docker0")
    if default is None or default.carrier:
        return None
    used = [each.name for each in own.links if each.name.startswith("br-") and each.carrier]
    found = (each for each in own.addresses if used == [each.link] and each.version == 4)
    return next(((each, None) for each in found), None)


def with_seen_bridges(host: Host, evidence: Evidence) -> Host:
    """Return the host in which each Docker network has the bridge with the address of the network's gateway.  This
    applies to networks whose options are not told: only an option gives a bridge another name than the one from the
    network's id."""
    own = host.own
    if own is None:
        return host
    reading = evidence.find("docker-networks", "")
    lines = reading.text.splitlines() if reading is not None else []
    documents = (msgspec.json.decode(line, type=_Listed) for line in lines)
    told = {each.id for each in documents if (each.options if each.typed else each.options is not None)}
    return _replace(host, engines=tuple(_on_seen_bridges(each, own, told) for each in host.engines))


def _on_seen_bridges(engine: Engine, own: Namespace, told: set[str]) -> Engine:
    if engine.kind != "docker":
        return engine
    networks = tuple(each if each.id in told else _with_seen_bridge(each, own) for each in engine.networks)
    return _replace(engine, networks=networks)


class _Listed(msgspec.Struct, rename="pascal"):
    id: str = ""
    options: dict[str, str] | msgspec.UnsetType | None = msgspec.UNSET
    typed: bool = False


def _with_seen_bridge(network: DockerNetwork, own: Namespace) -> DockerNetwork:
    gateways = {each.gateway for each in network.subnets if each.version == 4}
    holders = {each.link for each in own.addresses if each.version == 4 and each.value in gateways}
    if network.driver != "bridge" or len(holders) != 1 or own.link(network.bridge or "") is not None:
        return network
    return _replace(network, bridge=holders.pop())


def _is_bridge(link: str) -> bool:
    return link == "docker0" or link.startswith("br-")


def _with_network(engine: Engine, address: Address) -> tuple[Engine, DockerNetwork]:
    """Return the engine with the network of this bridge, and the network."""
    known = next((each for each in engine.networks if each.bridge == address.link), None)
    if known is not None:
        return engine, known
    name = engine.traits.default_network if address.link == "docker0" else address.link
    subnet = Subnet(4, address.prefix.network, address.prefix_length, address.value)
    made = DockerNetwork(address.link.removeprefix("br-"), name, "bridge", subnets=(subnet,), bridge=address.link)
    return _replace(engine, networks=(*engine.networks, made)), made
