"""The sockets by which a user's network stack (pasta) takes the connections to a container's published port."""

from hairpin.causes.cause import View
from hairpin.host.docker import Container, PortBinding
from hairpin.host.socket import Socket
from hairpin.network.prefix import Version


def stack_sockets(view: View, container: Container, binding: PortBinding) -> tuple[Socket, ...]:
    """Return the host's sockets that take the binding's port for the container, of both IP versions."""
    wanted = (binding.protocol, binding.host_port)
    return tuple(
        each
        for each in view.host_namespace.sockets
        if (each.protocol, each.port) == wanted and each.relay is not None and each.relay.netns == container.netns
    )


def takes(socket: Socket, version: Version) -> bool:
    """Return whether the socket takes packets of the IP version: an IPv6 socket for all addresses also takes IPv4,
    unless it is IPv6-only."""
    both = socket.version == 6 and socket.address is None and not socket.v6only
    return both or socket.version == version
