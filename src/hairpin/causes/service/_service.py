"""The sockets of a namespace in which a packet found none, and the container that was asked."""

from hairpin.causes.cause import View
from hairpin.change.change import AddSocket
from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.message import Message, message
from hairpin.netfilter.packet import UDP
from hairpin.network.prefix import is_loopback

_RESOLVER = 0x7F00000B
"""127.0.0.11: Docker's embedded DNS listens there in every container of a user-defined network."""


def in_container(view: View) -> Container | None:
    """Return the container of the namespace; on the host, the asked one if it uses the host's network, or None."""
    if not view.on_host:
        return view.container
    named = view.host.container(view.meant) if view.meant else None
    return named if named is not None and named.on_host_network else None


def same_port(view: View) -> tuple[Socket, ...]:
    """Return the namespace's sockets of the packet's protocol and port; none of them took the packet."""
    packet = view.stop.seen.packet
    return tuple(each for each in _of_protocol(view) if each.port == packet.dport and each.address != _RESOLVER)


def other_ports(view: View) -> tuple[Socket, ...]:
    """Return the sockets of the packet's protocol on other ports, without those on loopback."""
    packet = view.stop.seen.packet
    return tuple(
        each
        for each in _of_protocol(view)
        if each.port != packet.dport and (each.address is None or not is_loopback(each.address, each.version))
    )


def _of_protocol(view: View) -> tuple[Socket, ...]:
    protocol = "udp" if view.stop.seen.packet.protocol == UDP else "tcp"
    return tuple(each for each in view.namespace.sockets if each.protocol == protocol)


def on_loopback(socket: Socket) -> bool:
    """Return whether the socket is bound to a loopback address, or to the link itself (SO_BINDTODEVICE)."""
    return socket.device == "lo" or (socket.address is not None and is_loopback(socket.address, socket.version))


def listening(view: View, advice: Message) -> AddSocket:
    """Return the change after which a socket on every address takes the packet."""
    packet = view.stop.seen.packet
    socket = Socket(
        protocol="udp" if packet.protocol == UDP else "tcp",
        version=packet.version,
        address=None,
        port=packet.dport or 0,
    )
    return AddSocket(view.stop.netns, socket, advice)


def bound_to_all(view: View, container: Container) -> AddSocket:
    """Return the change after which the container's service, now bound to one address, is bound to all."""
    port = view.stop.seen.packet.dport
    advice = message("let the service in {container} bind to 0.0.0.0:{port}", container=container.name, port=port)
    return listening(view, advice)
