"""Containers that use the network namespace of another container: ``--network container:NAME``, compose
``network_mode: service:NAME``, a pod."""

from collections.abc import Iterator

from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.network import Network, netns_of
from hairpin.network.prefix import is_loopback
from hairpin.network.socket_owner import owner_of_socket
from hairpin.question.asked import Target
from hairpin.question.held import held_by
from hairpin.question.hosts import host_of


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


def unpublished_of_sharers(network: Network, targets: tuple[Target, ...]) -> Iterator[Message]:
    """Yield a note for each asked container that shares another container's network and listens on ports that the other
    container does not publish."""
    for target in targets:
        if target.container is None or target.port is not None:
            continue
        host = host_of(network, target)
        for container in host.containers_named(target.container):
            owner = host.network_owner(container)
            if owner == container or not is_with_owner(host, container) or container.on_host_network:
                continue
            published = {(each.protocol, each.container_port) for each in owner.bindings}
            ports = [
                f"{each.port}/{each.protocol}"
                for each in held_by(network, host, container)
                if (each.protocol, each.port) not in published
                and not (each.address is not None and is_loopback(each.address, each.version))
            ]
            if ports:
                yield message(
                    "{name} shares the network of {owner}; it listens on {ports}, which {owner} does not publish",
                    name=container.name,
                    owner=owner.name,
                    ports=", ".join(ports),
                )
