"""Finds listeners that nearly match a packet that found no socket.

A listener nearly matches if only its port, its protocol or its namespace differs.

The user of a refused client usually means one of these listeners.  The causes in this folder, and the causes about
unpublished ports, name these listeners and tell how to reach them.
"""

from typing import Literal

import msgspec

from hairpin.causes.kit import Host, Message, Namespace, View, message
from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.netfilter.packet import UDP
from hairpin.network.flow import FromContainer
from hairpin.network.names import EMBEDDED
from hairpin.network.network import netns_of
from hairpin.network.prefix import is_loopback
from hairpin.network.socket_owner import owner_of_socket, serves
from hairpin.question.suggest import FEW, port_distance
from hairpin.walk.sockets import socket_text
from hairpin.wanted import ask_container


def protocol_of(view: View) -> Literal["tcp", "udp"]:
    """Return the protocol of the packet that found no socket."""
    return "udp" if view.stop.seen.packet.protocol == UDP else "tcp"


def listeners(view: View, container: Container | None) -> tuple[Socket, ...]:
    """Return the listeners in the namespace that refused the packet.  Listeners on loopback come last, then listeners
    of the other protocol.  Of the others, listeners on ports that the image exposes come first, then listeners on the
    ports most like the asked port.  In the host's namespace, only listeners of ``container`` are returned."""
    packet, namespace = view.stop.seen.packet, view.namespace
    own = (each for each in namespace.sockets if serves(each, namespace) and each.address != EMBEDDED)
    if view.on_host:
        own = (each for each in own if owner_of_socket(view.network, view.stop.netns, each) == container)
    exposed = container.exposed if container is not None else ()
    found: dict[tuple[str, int, bool], Socket] = {}
    for each in own:
        found.setdefault((each.protocol, each.port, on_loopback(each)), each)
    return tuple(
        sorted(
            found.values(),
            key=lambda each: (
                on_loopback(each),
                each.protocol != protocol_of(view),
                (each.protocol, each.port) not in exposed,
                port_distance(packet.dport or 0, each.port),
            ),
        )
    )


def on_loopback(socket: Socket) -> bool:
    """Return whether the socket is bound to a loopback address, or by SO_BINDTODEVICE to the link ``lo``."""
    return socket.device == "lo" or (socket.address is not None and is_loopback(socket.address, socket.version))


def socket_list(sockets: tuple[Socket, ...]) -> Message | str:
    """Return the sockets as text.  A long list is cut to the first sockets and the number of the remaining sockets."""
    few = ", ".join(socket_text(each) for each in sockets[:FEW])
    return few if len(sockets) <= FEW else message("{few} and {count} more", few=few, count=len(sockets) - FEW)


class Elsewhere(msgspec.Struct, frozen=True):
    """Another container, or the host, that listens on the asked port.  ``container`` is None for the host.

    ``network``: the network on which the asking container reaches this listener, or empty if they share no network."""

    container: Container | None
    socket: Socket
    network: str = ""

    @property
    def name(self) -> str:
        """The container's name, or empty for the host."""
        return self.container.name if self.container is not None else ""


def elsewhere(view: View) -> tuple[Elsewhere, ...]:
    """Return the other containers on this host that listen on the asked port, and the host itself if it listens on the
    port.  Containers on a network of the asking container come first, and the host comes last."""
    host, refused = view.host, view.stop.netns
    start = view.flow.start
    asking = host.container(start.name) if isinstance(start, FromContainer) else None
    found: list[Elsewhere] = []
    for container in host.containers():
        netns = netns_of(host, container)
        if netns is None or netns in (refused, view.host_netns) or netns not in view.network:
            continue
        socket = _taking(view, view.network.namespace(netns))
        if socket is not None:
            found.append(Elsewhere(container, socket, _shared(host, asking, container)))
    own = _taking(view, view.host_namespace) if refused != view.host_netns else None
    of_host = (Elsewhere(None, own),) if own is not None and own.relay is None and own.process != "dockerd" else ()
    return (*sorted(found, key=lambda each: not each.network), *of_host)


def who_else(view: View) -> tuple[Message, ...]:
    """Return the messages about other listeners on the asked port and about how the asking container reaches them."""
    return tuple(_reached(view.stop.seen.packet.dport or 0, each) for each in elsewhere(view)[:FEW])


def _reached(port: int, other: Elsewhere) -> Message:
    if other.container is None:
        return message(
            "the host itself listens on port {port} ({socket}), if you mean the host's service",
            port=port,
            socket=socket_text(other.socket),
        )
    question = ask_container(other.name, port)
    if not other.network:
        return message(
            "container {name} listens on port {port}; if you mean that container: {question}",
            name=other.name,
            port=port,
            question=question,
        )
    return message(
        "container {name}, also on network {network}, listens on port {port}; if you mean that container: {question}",
        name=other.name,
        network=other.network,
        port=port,
        question=question,
    )


def _shared(host: Host, asking: Container | None, other: Container) -> str:
    """Return the name of a network that both containers are on, or an empty text if they share none."""
    if asking is None:
        return ""
    joined = {each.network for each in host.network_owner(asking).endpoints}
    return next((each.network for each in host.network_owner(other).endpoints if each.network in joined), "")


def _taking(view: View, namespace: Namespace) -> Socket | None:
    """Return the socket in the namespace that has the asked protocol and port and accepts packets from outside the
    namespace, or None."""
    wanted = (protocol_of(view), view.stop.seen.packet.dport)
    own = (each for each in namespace.sockets if (each.protocol, each.port) == wanted and serves(each, namespace))
    return next((each for each in own if not on_loopback(each)), None)
