"""Adds the service that a question asks for, if no text shows the sockets of its container or of the host."""

from typing import Literal

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import is_loopback
from hairpin.question.asked import Target
from hairpin.suppose.asked import SERVED_PORTS, ports_at_both

_replace = msgspec.structs.replace


def with_asked_services(network: Network, flows: tuple[Flow, ...]) -> Network:
    """Return the network in which a service listens on each container's own port to which a flow leads.  If a text
    lists the sockets inside a container, no service is added to this container."""
    for number, host in enumerate(network.hosts):
        changed = host
        for flow in flows:
            container = _asked_container(host, flow) if host.told is not None else None
            netns = container.netns if container is not None else None
            if container is not None and netns is not None and netns in changed and netns != HOST:
                changed = _with_asked_service(changed, container, flow)
        if changed is not host:
            hosts = (*network.hosts[:number], changed, *network.hosts[number + 1 :])
            network = _replace(network, hosts=hosts)
    return network


def _asked_container(host: Host, flow: Flow) -> Container | None:
    """Return the flow's container, or the container whose own address the flow asks; None for a name server that the
    container asks at its own loopback address, where most containers have none."""
    if flow.purpose == "dns" and is_loopback(flow.daddr, flow.version):
        return None
    if flow.container:
        return host.container(flow.container)
    held = (each for each in host.containers() for end in each.endpoints if flow.daddr in (end.ipv4, end.ipv6))
    return next(held, None)


def with_host_services(host: Host, told: ToldParts, asked: tuple[Target, ...]) -> Host:
    """Return the host in which a service of the host itself listens on each asked port of Kubernetes, etcd or dockerd,
    and on each port at which a client on the host got an answer while a container was refused by itself.  If a text
    lists the host's sockets, no service is added."""
    own = host.own
    if own is None or (HOST, "sockets") in told.parts:
        return host
    held = {each.port for each in own.sockets}
    ports = dict.fromkeys(each.port for each in asked if each.container is None and each.port in SERVED_PORTS)
    published = {each.host_port for container in host.containers() for each in container.bindings}
    ports |= dict.fromkeys(sorted(ports_at_both(told) - published))
    made = tuple(Socket("tcp", 6, None, each) for each in ports if each not in held)
    served = _replace(own, sockets=(*own.sockets, *made))
    return _replace(host, namespaces=tuple(served if each is own else each for each in host.namespaces))


def _with_asked_service(host: Host, container: Container, flow: Flow) -> Host:
    assert host.told is not None
    assert container.netns is not None
    protocol: Literal["tcp", "udp"] = "udp" if flow.protocol == "udp" else "tcp"
    inside = host.namespace(container.netns)
    known = (container.netns, "sockets") in host.told.parts
    published = any((each.protocol, each.host_port) == (flow.protocol, flow.dport) for each in container.bindings)
    if known or published or any((each.protocol, each.port) == (protocol, flow.dport) for each in inside.sockets):
        return host
    return _with_service(host, inside, Socket(protocol, 6, None, flow.dport))


def _with_service(host: Host, inside: Namespace, socket: Socket) -> Host:
    served = _replace(inside, sockets=(*inside.sockets, socket))
    return _replace(host, namespaces=tuple(served if each is inside else each for each in host.namespaces))
