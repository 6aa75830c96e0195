"""The container of a socket, whether a service has the socket, and whether the socket's processes can answer.

Containers may share a network namespace (``--network container:X``, pods, the host's network).  So the control group of
the socket's process identifies the container, not the namespace.

An engine binds a published port when it starts the container.  If another process or container holds the port, the
start fails with "address already in use" or "port is already allocated", and the holder answers the clients.

Source: moby libnetwork/portallocator, portmapper/mapper_linux.go; containers/podman libpod bindPort()
"""

import msgspec

from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.names import EMBEDDED
from hairpin.network.network import Network, owns_address
from hairpin.network.prefix import is_loopback

EPHEMERAL = (32768, 60999)
"""net.ipv4.ip_local_port_range by default: the ports that the kernel gives to outgoing connections."""


def serves(socket: Socket, namespace: Namespace) -> bool:
    """Return whether a service has the socket: it is a TCP listener, or a UDP socket below the ephemeral ports."""
    return socket.protocol == "tcp" or socket.port < ephemeral_ports(namespace)[0]


def ephemeral_ports(namespace: Namespace) -> tuple[int, int]:
    """Return the first and the last port that the kernel gives to outgoing connections, as the sysctl says, or else by
    default."""
    said = namespace.sysctls.values.get(("net", "ipv4", "ip_local_port_range"), "").split()
    return (int(said[0]), int(said[1])) if len(said) == 2 and all(map(str.isdigit, said)) else EPHEMERAL


def containers_in(network: Network, netns: Netns) -> tuple[Container, ...]:
    """Return the containers that have processes in the namespace."""
    return tuple(each for each in network.host(netns.host).containers() if each.netns == netns.name)


def owner_of_socket(network: Network, netns: Netns, socket: Socket) -> Container | None:
    """Return the container whose process has the socket open; None if a host process has it open, or if several
    containers may have it open."""
    sharing = containers_in(network, netns)
    if socket.container is not None:
        return next((each for each in sharing if each.id == socket.container), None)
    if netns.is_host or len(sharing) != 1:
        return None
    return sharing[0]


def never_answers(network: Network, netns: Netns, socket: Socket) -> bool:
    """Return whether the socket never answers: its processes are stopped (by a signal, a frozen control group, or a
    pause), or it is Docker's resolver in a container without a network.

    dockerd opens the resolver's socket in the container's namespace and answers there itself, so a pause of the
    container does not stop the resolver.
    Source: moby libnetwork/resolver.go Start(), SetupFunc()
    """
    if socket.halted or socket.frozen:
        return True
    if is_embedded_resolver(netns, socket):
        return knows_nothing(network, netns, socket)
    owner = owner_of_socket(network, netns, socket)
    if owner is not None:
        return owner.status == "paused"
    sharing = containers_in(network, netns)
    unknown = socket.container is None and not netns.is_host
    return unknown and bool(sharing) and all(each.status == "paused" for each in sharing)


def knows_nothing(network: Network, netns: Netns, socket: Socket) -> bool:
    """Return whether the socket is Docker's resolver in a container that has lost its last network.  Such a resolver
    resolves no name, because it asks its upstream servers from the container's namespace (moby libnetwork/resolver.go
    forwardExtDNS())."""
    sharing = containers_in(network, netns)
    return is_embedded_resolver(netns, socket) and bool(sharing) and all(each.is_disconnected for each in sharing)


def is_embedded_resolver(netns: Netns, socket: Socket) -> bool:
    """Return whether the socket is Docker's resolver in a container.  dockerd has this socket open, and no process of
    the container has it open."""
    outside = socket.container is None and socket.process in (None, "dockerd")
    return outside and not netns.is_host and (socket.version, socket.address) == (4, EMBEDDED)


_OF_ENGINES = frozenset(
    {"docker-proxy", "docker-proxy-cu", "dockerd", "conmon", "rootlessport", "rootlesskit", "exe", "slirp4netns",
     "pasta", "pasta.avx2"}
)  # fmt: skip
"""Programs that hold published ports for an engine.  ``exe`` is rootlesskit, which starts itself by /proc/self/exe."""


def holds_for_engine(socket: Socket) -> bool:
    """Return whether an engine's program has the socket, so that the port is a container's, even if no reading tells
    which one."""
    return socket.process in _OF_ENGINES


class Holder(msgspec.Struct, frozen=True):
    """The holder of a port that the container ``meant`` publishes: ``container``, or the process of ``socket`` if
    ``container`` is None.  A docker-proxy without a container has outlived its container."""

    meant: Container
    binding: PortBinding
    socket: Socket
    container: Container | None = None


def taken_by_other(network: Network, flow: Flow, netns: Netns, socket: Socket) -> Holder | None:
    """Return the holder whose socket receives the flow's packet instead of the container whose published port the flow
    asks for.  Return None if that container receives the packet, or if the flow asks for no published port of the
    host."""
    host = network.host(flow.asked_host or flow.host)
    meant = asked_port(network, host, flow)
    if meant is None or netns.host != host.name:
        return None
    container, binding = meant
    if not netns.is_host:
        return _in_other_container(network, meant, netns, socket)
    if container.on_host_network or socket.container == container.id:
        return None
    others = _publishing_beside(host, container, binding)
    if socket.engine_relay is not None:
        target = next((each for each in others if _is_target(each, socket)), None)
        kept = target is None and not is_left_behind(container, socket)
        return None if kept else Holder(container, binding, socket, target)
    if socket.process is None or holds_for_engine(socket):
        # Without root, a socket's owner is unknown.  A container that does not run has no socket.
        if container.running or (socket.process is not None and not others):
            return None
        return Holder(container, binding, socket, others[0] if others else None)
    if container.running and host.engine_of(container).rootless:
        return None  # a user may use another program as the relay for rootless containers
    return Holder(container, binding, socket, owner_of_socket(network, netns, socket))


def kept_away(network: Network, flow: Flow) -> Holder | None:
    """Return the holder of a socket at another address than the flow's, which keeps the engine from the flow's port.

    The engine binds a port that is published at all addresses at all of them at once, and the kernel refuses this while
    a socket has the port at one address, such as 127.0.0.1.  The reverse holds, too.  Return None if the flow's
    container runs.  Source: net/ipv4/inet_connection_sock.c inet_csk_bind_conflict(); held against podman 5.8.6"""
    host = network.host(flow.asked_host or flow.host)
    meant = asked_port(network, host, flow)
    if meant is None or meant[0].running:
        return None
    for each in network.namespace(host.netns).sockets:
        if in_the_way(meant[1], each):
            return taken_by_other(network, flow, host.netns, each)
    return None


def in_the_way(binding: PortBinding, socket: Socket) -> bool:
    """Return whether the kernel refuses the binding's address and port while the socket is there."""
    if (socket.protocol, socket.port) != (binding.protocol, binding.host_port):
        return False
    if socket.address is None or binding.host_ip is None:
        return socket.version == binding.version or (socket.address is None and socket.takes(binding.version))
    return (socket.version, socket.address) == (binding.version, binding.host_ip)


def held_beside(network: Network, flow: Flow) -> tuple[tuple[Container, Socket], ...]:
    """Return the sockets of host processes that have the asked published port at addresses at which no container
    publishes it, each with the container whose port the flow asks for."""
    host = network.host(flow.asked_host or flow.host)
    meant = asked_port(network, host, flow)
    if meant is None or not meant[0].running or host.engine_of(meant[0]).rootless:
        return ()  # a user may use another program as the relay for rootless containers
    container, asked = meant
    bindings = [
        each for other, each in host.bindings_of(asked.host_port) if other.running and each.protocol == asked.protocol
    ]
    return tuple(
        (container, each)
        for each in network.namespace(host.netns).sockets
        if (each.protocol, each.port) == (asked.protocol, asked.host_port)
        and each.engine_relay is None
        and each.process is not None
        and not holds_for_engine(each)
        and not any(_holds(binding, each) for binding in bindings)
        and owner_of_socket(network, host.netns, each) is None
    )


def _holds(binding: PortBinding, socket: Socket) -> bool:
    """Return whether the port is published at an address of the socket."""
    if binding.host_ip is None or socket.address is None:
        return socket.takes(binding.version)
    return (binding.version, binding.host_ip) == (socket.version, socket.address)


def is_left_behind(container: Container, socket: Socket) -> bool:
    """Return whether the socket belongs to a docker-proxy that has outlived its container.

    dockerd ends a docker-proxy when the container ends, and the kernel sends the docker-proxy SIGTERM when dockerd
    ends.  A stopped (SIGSTOP) docker-proxy reacts to neither signal.  The docker-proxy relays to the container's old
    address, which another container may have now.  Source: moby cmd/docker-proxy; libnetwork/portmapper/proxy_linux.go
    newProxyCommand(): Pdeathsig; signal(7)
    """
    return container.status in ("exited", "created", "dead") and is_docker_proxys(socket)


def is_docker_proxys(socket: Socket) -> bool:
    """Return whether the socket belongs to a docker-proxy that relays to an address in its own namespace."""
    relay, named = socket.relay, (socket.process or "").startswith("docker-proxy")
    return named and relay is not None and not (relay.netns or relay.holds_only)


def asked_port(network: Network, host: Host, flow: Flow) -> tuple[Container, PortBinding] | None:
    """Return the container whose published port the flow asks for, and the port's binding; else None.

    A flow to ``localhost`` may go to the loopback address of an IP version in which the port is not published.  The
    loopback address of a container is no address of the host."""
    named = host.container(flow.container) if flow.container else None
    if named is None or flow.purpose not in ("published", "asked") or host.netns not in network:
        return None
    if _is_inside(flow) and is_loopback(flow.daddr, flow.version):
        return None
    container = host.network_owner(named)
    for each in container.bindings:
        if (each.host_port, each.protocol, each.version) == (flow.dport, flow.protocol, flow.version):
            own = is_loopback(flow.daddr, flow.version) or owns_address(
                network.namespace(host.netns), flow.version, flow.daddr
            )
            if each.host_ip in (None, flow.daddr) and own:
                return container, each
    if not is_loopback(flow.daddr, flow.version):
        return None
    beside = (each for each in container.bindings if each.host_ip is None or is_loopback(each.host_ip, each.version))
    found = next((each for each in beside if (each.host_port, each.protocol) == (flow.dport, flow.protocol)), None)
    return (container, found) if found is not None else None


def _is_inside(flow: Flow) -> bool:
    return isinstance(flow.start, FromContainer) and not flow.start.netns.is_host


def _in_other_container(
    network: Network, meant: tuple[Container, PortBinding], netns: Netns, socket: Socket
) -> Holder | None:
    """Return the holder if another container that publishes the same port received the packet; else None.  A user's
    rule may intentionally lead the port to a container that does not publish it."""
    container, binding = meant
    if netns.name == container.netns:
        return None
    others = _publishing_beside(network.host(netns.host), container, binding)
    inside = containers_in(network, netns)
    other = next((each for each in others if each in inside), None)
    return Holder(container, binding, socket, other) if other is not None else None


def _publishing_beside(host: Host, container: Container, binding: PortBinding) -> tuple[Container, ...]:
    """Return the other running containers that publish the binding's port at its address on the host."""
    found = (
        each
        for each, other in host.bindings_of(binding.host_port)
        if each.running
        and each.id != container.id
        and other.actual
        and other.protocol == binding.protocol
        and (None in (other.host_ip, binding.host_ip) or other.host_ip == binding.host_ip)
    )
    return tuple({each.id: each for each in found}.values())


def _is_target(container: Container, socket: Socket) -> bool:
    """Return whether the relay of this socket leads to the container."""
    relay = socket.relay
    assert relay is not None
    if relay.netns:
        return relay.netns == container.netns
    return any(relay.address in (each.ipv4, each.ipv6) for each in container.endpoints)
