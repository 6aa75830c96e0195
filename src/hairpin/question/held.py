"""Finds ports of the host that a container holds without publishing them, as with host networking, and containers that
use the network namespace of another container: ``--network container:NAME``, compose ``network_mode: service:NAME``, a
pod."""

from collections.abc import Iterator

from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.host.socket import Socket
from hairpin.network.network import Network, netns_of
from hairpin.network.prefix import Version, is_loopback
from hairpin.network.socket_owner import owner_of_socket, serves


def held_by(network: Network, host: Host, container: Container) -> tuple[Socket, ...]:
    """Return the sockets on which the container serves, one for each port and protocol, sorted by port and protocol.

    If several sockets serve the same port, the socket that listens on all addresses is returned.  A socket on a
    loopback address is the last choice."""
    netns = netns_of(host, container)
    if netns is None or netns not in network:
        return ()
    namespace = network.namespace(netns)
    own = (
        each
        for each in namespace.sockets
        if serves(each, namespace) and owner_of_socket(network, netns, each) == container
    )
    found: dict[tuple[str, int], Socket] = {}
    for each in sorted(own, key=_openness):
        found.setdefault((each.protocol, each.port), each)
    return tuple(sorted(found.values(), key=lambda each: (each.port, each.protocol)))


def holder_of_port(network: Network, host: Host, port: int, protocol: str) -> Container | None:
    """Return the container with host networking whose process holds the host port."""
    return next(
        (
            owner
            for each in network.namespace(host.netns).sockets
            if (each.port, each.protocol) == (port, protocol)
            and (owner := owner_of_socket(network, host.netns, each)) is not None
        ),
        None,
    )


def given_up(network: Network, host: Host, container: Container, binding: PortBinding) -> bool:
    """Return whether a question about the port does not mean the container.

    The question does not mean the container if the container has stopped or was disconnected, and another container or
    a process of the host has the port at an address of the binding.  A container whose start failed, for which the
    engine reports an error, is still meant."""
    ended = container.status == "exited" and not container.error
    if not ended and not container.is_disconnected:
        return False
    wanted = (binding.protocol, binding.host_port)
    by_process = any(
        (each.protocol, each.port) == wanted
        and each.engine_relay is None
        and _meet(binding, each.version, each.address)
        for each in network.namespace(host.netns).sockets
    )
    return by_process or any(
        other.running
        and other.id != container.id  # Podman lists the ports of a disconnected container as published
        and any(
            (each.protocol, each.host_port) == wanted and each.actual and _meet(binding, each.version, each.host_ip)
            for each in other.bindings
        )
        for other in host.containers()
    )


def _meet(binding: PortBinding, version: Version, address: int | None) -> bool:
    """Return whether a socket at ``address`` (None: at every address) takes the port at each address of the binding."""
    return address is None or binding.host_ip is None or (binding.version, binding.host_ip) == (version, address)


def on_host_network(host: Host) -> Iterator[Container]:
    """Yield the containers that use the host's network namespace."""
    return (each for each in host.containers() if each.on_host_network)


def _openness(socket: Socket) -> int:
    if socket.address is None:
        return 0
    return 2 if is_loopback(socket.address, socket.version) else 1


def is_with_owner(host: Host, container: Container) -> bool:
    """Return whether the container is in the namespace that the owner of its network has now."""
    owner = host.network_owner(container)
    return owner != container and owner.running and (owner.netns or owner.left_unread) == container.netns


def may_serve(network: Network, host: Host, container: Container, binding: PortBinding) -> bool:
    """Return whether the container may serve the port that the owner of its network publishes.

    The container may not serve the port if all sockets on the port are known to belong to another container.  This
    other container may still be in the namespace that the owner has left.  If no socket has the port, the container may
    be the one that should listen."""
    owner = host.network_owner(container)
    if owner == container:
        return True
    alike = dict.fromkeys(netns_of(host, each) for each in (owner, *host.sharers_of(owner)))
    wanted = (binding.protocol, binding.container_port)
    holders = [
        owner_of_socket(network, netns, each)
        for netns in alike
        if netns is not None and netns in network
        for each in network.namespace(netns).sockets
        if (each.protocol, each.port) == wanted
    ]
    return not holders or None in holders or container in holders
