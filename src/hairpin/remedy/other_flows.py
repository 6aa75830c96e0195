"""Flows that a remedy may change besides the asked one: what this host serves and forwards, asked from each side.

Each published port from each standpoint and from one container of each network; each listening socket of the host and
of its containers from outside; one container of each network to one of each other network.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Literal

from hairpin.errors import HairpinError
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer, Outside, Start
from hairpin.network.network import Network, netns_of
from hairpin.network.prefix import Version, is_loopback
from hairpin.question.flows import flows_for
from hairpin.question.standpoints import clients, primary_address

Purpose = Literal["published", "asked"]
_ANY_PORT = 80
"""Asked of a container in which nothing listens: it refuses what gets through to it."""


def other_flows(network: Network) -> tuple[Flow, ...]:
    """Return the flows of this host, without repetitions, some of each group before the rest."""
    host = network.this
    try:
        published = [flow for flow in flows_for(network, (), None) if flow.host in ("", host.name)]
    except HairpinError:
        return ()
    inside = _one_of_each_network(host)
    groups = (
        published,
        _published_from(published, inside),
        _sockets_of_host(network, host),
        (flow for container in host.containers() for flow in _sockets_of_container(network, host, container)),
        _between(host, inside),
    )
    found: dict[object, Flow] = {}
    for abreast in zip_longest(*groups):  # so that a cut leaves some of each group
        for flow in abreast:
            if flow is not None:
                found.setdefault(flow_key(flow), flow)
    return tuple(found.values())


def flow_key(flow: Flow) -> tuple[Start, Version, int, str, int]:
    """Return what tells one flow of a host from another; its source port does not."""
    return flow.start, flow.version, flow.daddr, flow.protocol, flow.dport


def _one_of_each_network(host: Host) -> dict[str, tuple[Container, Netns]]:
    """Return the first running container of each network, by the network's name."""
    found: dict[str, tuple[Container, Netns]] = {}
    for container in host.containers():
        netns = netns_of(host, container)
        if not container.running or netns is None or netns.is_host or netns.name not in host:
            continue
        for endpoint in container.endpoints:
            if endpoint.ipv4 is not None:
                found.setdefault(endpoint.network, (container, netns))
    return found


def _published_from(published: list[Flow], inside: dict[str, tuple[Container, Netns]]) -> Iterator[Flow]:
    for flow in published:
        if flow.purpose == "published" and isinstance(flow.start, Outside):
            for container, netns in inside.values():
                yield Flow(
                    FromContainer(container.name, netns),
                    flow.version,
                    flow.daddr,
                    flow.protocol,
                    flow.dport,
                    container=flow.container,
                    purpose="published",
                    host=flow.host,
                )


def _sockets_of_host(network: Network, host: Host) -> Iterator[Flow]:
    for socket in host.namespace(host.netns.name).sockets:
        for version in _versions(socket):
            own = primary_address(network, host.netns, version)
            address = socket.address if socket.address is not None and socket.version == version else own
            for client in clients(network, host.netns, version)[:1]:
                if address is not None:
                    yield Flow(Outside(client), version, address, socket.protocol, socket.port, host=host.name)


def _sockets_of_container(network: Network, host: Host, container: Container) -> Iterator[Flow]:
    """Yield the flows to the container's own address.  What it publishes is published there, too: the engine's rules
    accept the port after the translation."""
    netns = netns_of(host, container)
    if netns is None or netns.is_host or netns.name not in host:
        return
    published = {(each.protocol, each.container_port) for each in container.bindings if each.actual}
    for endpoint in container.endpoints:
        for socket in host.namespace(netns.name).sockets:
            purpose: Purpose = "published" if (socket.protocol, socket.port) in published else "asked"
            for client in clients(network, host.netns, 4)[:1] if 4 in _versions(socket) else ():
                if endpoint.ipv4 is not None:
                    yield Flow(
                        Outside(client), 4, endpoint.ipv4, socket.protocol, socket.port, purpose=purpose, host=host.name
                    )


def _versions(socket: Socket) -> tuple[Version, ...]:
    """Return the address families in which the socket takes packets from outside."""
    if socket.relay is not None or (socket.address is not None and is_loopback(socket.address, socket.version)):
        return ()
    return (6, 4) if (socket.version, socket.address, socket.v6only) == (6, None, False) else (socket.version,)


def _between(host: Host, inside: dict[str, tuple[Container, Netns]]) -> Iterator[Flow]:
    for one, (asking, netns) in inside.items():
        for other, (asked, far) in inside.items():
            address = next((each.ipv4 for each in asked.endpoints if each.network == other), None)
            if one == other or asking is asked or address is None:
                continue
            ports = (
                each.port
                for each in host.namespace(far.name).sockets
                if each.protocol == "tcp" and 4 in _versions(each)
            )
            yield Flow(FromContainer(asking.name, netns), 4, address, "tcp", next(ports, _ANY_PORT), host=host.name)
