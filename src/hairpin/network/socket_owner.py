"""The container of a socket, whether a service has the socket, and whether the socket's processes can answer.

Containers may share a network namespace (``--network container:X``, pods, the host's network).  So the control group of
the socket's process identifies the container, not the namespace.
"""

from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.names import EMBEDDED
from hairpin.network.network import Network

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
