"""Completes a host that was read without root: adds rules and the insides of containers.

The parts that were read stay as they are.  The added rules are the rules that the engine makes for its networks and
containers.  The engine lists its networks and containers to a member of its group.  A container's namespace is as the
engine makes it, with the sockets that were read.
"""

from collections.abc import Iterator

import msgspec

from hairpin.engines.repair.endpoints import addresses, routes
from hairpin.evidence.reading import HOST, Evidence
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.suppose.containers import with_resolver
from hairpin.suppose.ordinary import with_engine_rules
from hairpin.suppose.own_namespace import own_rules
from hairpin.suppose.relayed import with_relayed
from hairpin.suppose.simulated import with_namespace
from hairpin.suppose.told import told_by

_replace = msgspec.structs.replace


def with_insides(host: Host) -> Host:
    """Return the host in which each namespace of a container that was not entered has links, addresses and routes."""
    for container in host.containers():
        netns = container.netns
        if netns is None or netns == HOST or host.network_owner(container) != container:
            continue
        if host.namespace(netns).links:
            continue
        host = _with_inside(host, host.engine_of(container), container, netns)
        host = with_resolver(host, netns, container)
    return host


def _with_inside(host: Host, engine: Engine, container: Container, netns: str) -> Host:
    inner = host.namespace(netns)
    grown = _replace(
        inner,
        links=(Link(1, "lo", "loopback", mtu_bytes=65536, flags=("LOOPBACK", "UP")),),
        addresses=(Address("lo", 4, 0x7F00_0001, 8, "host"),),
        routes=(Route(4, 0x7F00_0000, 8, TABLE_LOCAL, "local", (NextHop("lo"),)),),
        rules=(*own_rules(4), *own_rules(6)),
        kernel=host.kernel,
        unread=(),
    )
    own = host.namespace(HOST)
    leads_out = engine.bridge_network(container)
    taken: set[str] = set()
    for number, (endpoint, joined) in enumerate(_bridged_ends(engine, container)):
        port = _port(own, joined, endpoint, taken)
        if port is None:
            continue
        taken.add(port.name)
        index = port.peer_index if port.peer_index is not None else port.index + 1
        link =  Link(index, f"eth{number}", "veth", mac=endpoint.mac, mtu_bytes=port.mtu_bytes, peer_index=port.index,
            peer_netnsid=0, flags=("BROADCAST", "MULTICAST", "UP"))  # fmt: skip
        grown = _joined_inside(grown, link, endpoint, way_out=joined is leads_out and not joined.internal)
        outer = _replace(port, peer_index=index)
        own = _replace(own, links=tuple(outer if each is port else each for each in own.links))
    return with_namespace(with_namespace(host, own), grown)


def _bridged_ends(engine: Engine, container: Container) -> Iterator[tuple[Endpoint, DockerNetwork]]:
    """Yield the container's endpoints on networks with a bridge, and these networks."""
    for endpoint in container.endpoints:
        joined = next((each for each in engine.networks if each.name == endpoint.network), None)
        if joined is not None and joined.bridge is not None:
            yield endpoint, joined


def _port(own: Namespace, joined: DockerNetwork, endpoint: Endpoint, taken: set[str]) -> Link | None:
    """Return the bridge port behind which the container is.  If the bridge has learned the container's hardware address
    at a port, return this port; else return a port whose other end is in a namespace that was not read.  For a packet
    it does not matter which of several such ports it is."""
    ports = [each for each in own.links if each.master == joined.bridge and each.name not in taken]
    seen = {each.port for each in own.fdb if each.mac == endpoint.mac}
    return next((each for each in ports if each.name in seen), next((each for each in ports if _is_free(each)), None))


def _is_free(port: Link) -> bool:
    return port.kind == "veth"


def _joined_inside(inner: Namespace, link: Link, endpoint: Endpoint, *, way_out: bool) -> Namespace:
    return _replace(
        inner,
        links=(*inner.links, link),
        addresses=(*inner.addresses, *addresses(endpoint, link.name)),
        routes=(*inner.routes, *routes(endpoint, link.name, way_out=way_out)),
    )


def supposing_unread(host: Host, evidence: Evidence) -> Host:
    """Return the host with the rules and namespaces that could not be read, and with ``Host.told``.

    ``evidence``: the readings from which the host was made."""
    if HOST not in host:
        return host
    told = _replace(told_by(evidence, host), of_text=False)
    own = host.namespace(HOST)
    host = with_namespace(_replace(host, told=told), _replace(own, unread=()))
    host = with_insides(with_relayed(host, evidence))
    return with_engine_rules(host, told)
