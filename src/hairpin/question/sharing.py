"""Containers that use the network namespace of another container: ``--network container:NAME``, compose
``network_mode: service:NAME``, a pod."""

from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.network.network import Network, netns_of
from hairpin.network.socket_owner import owner_of_socket


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
