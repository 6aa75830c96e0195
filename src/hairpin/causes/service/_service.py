"""The sockets of a namespace in which a packet found no socket, and the packet's container."""

from typing import Literal

from hairpin.causes import log_advice
from hairpin.causes.kit import Message, View, message
from hairpin.causes.service._near import elsewhere, listeners, on_loopback, protocol_of
from hairpin.change.change import AddSocket
from hairpin.host.docker import Container, PortBinding
from hairpin.host.socket import Socket
from hairpin.network.flow import FromContainer
from hairpin.network.names import EMBEDDED, is_embedded
from hairpin.network.network import owns_address
from hairpin.network.prefix import is_loopback
from hairpin.network.socket_owner import owner_of_socket, serves
from hairpin.network.strayed import is_typed_in


def in_container(view: View) -> Container | None:
    """Return the container in whose namespace the packet stopped, or None.  On the host, return the asked container if
    it uses the host's network.

    For a packet to dockerd's resolver in the container, return None, because the resolver is not the container's
    service.  Return None if a rule led the packet to the wrong container, because no service is missing there.
    Return None also if a container's packet is for an address that a person added in the same container."""
    if not view.on_host:
        packet = view.stop.seen.packet
        asks_itself = all(each.netns == view.stop.netns for each in view.branch.request)
        foreign = is_embedded(view.host, view.container, (packet.version, packet.daddr)) or (
            asks_itself and is_typed_in(view.host, view.namespace, packet.version, packet.daddr)
        )
        return None if foreign or _is_misled(view) else view.container
    named = view.host.container(view.meant) if view.meant else None
    return named if named is not None and named.on_host_network else None


def _is_misled(view: View) -> bool:
    """Return whether a rule led the packet to another container than the one that publishes the port."""
    if view.container is None:
        return False
    from hairpin.causes.nat_rules._translation import missed_publisher  # noqa: PLC0415 - few packets find no socket

    return missed_publisher(view, view.container) is not None


def same_port(view: View) -> tuple[Socket, ...]:
    """Return the sockets in the namespace that have the packet's protocol and port and did not accept the packet."""
    return _at_port(view, protocol_of(view))


def serving(view: View, container: Container, socket: Socket) -> Container:
    """Return the container whose process holds the socket.

    If several containers share a namespace, this container may differ from the asked container."""
    return owner_of_socket(view.network, view.stop.netns, socket) or container


def sharing(view: View, container: Container) -> tuple[Container, ...]:
    """Return the other containers that use the same network namespace, or would use it if they ran.  A pod's infra
    container, which runs no service, is left out.

    Containers that do not run come first."""
    owner = view.host.network_owner(container)
    others = (
        each for each in (owner, *view.host.sharers_of(owner)) if each != container and not view.host.members_of(each)
    )
    return tuple(sorted(others, key=lambda each: each.running))


def lacking_listeners(view: View, container: Container) -> tuple[Container, ...]:
    """Return the containers of the network namespace that hold no listening socket there, if several containers share
    the namespace.  The listener of one container tells nothing of the port that another one should have.

    Containers that do not run come first."""
    others = sharing(view, container)
    if not others:
        return ()
    own = () if view.host.members_of(container) else (container,)
    held = {serving(view, container, each).id for each in listeners(view, container)}
    return tuple(each for each in (*others, *own) if each.id not in held)


def other_protocol(view: View) -> tuple[Socket, ...]:
    """Return the server sockets in the namespace that have the packet's port and the other transport protocol."""
    other: Literal["tcp", "udp"] = "tcp" if protocol_of(view) == "udp" else "udp"
    return tuple(each for each in _at_port(view, other) if serves(each, view.namespace))


def _at_port(view: View, protocol: Literal["tcp", "udp"]) -> tuple[Socket, ...]:
    port = view.stop.seen.packet.dport
    found = (each for each in view.namespace.sockets if (each.protocol, each.port) == (protocol, port))
    return tuple(each for each in found if each.address != EMBEDDED)


def published_to(view: View, container: Container) -> PortBinding | None:
    """Return the binding by which the packet came to the container's port, or None if no published port leads to this
    port."""
    wanted = (protocol_of(view), view.stop.seen.packet.dport)
    owner = view.host.network_owner(container)
    found = [each for each in owner.bindings if each.actual and (each.protocol, each.container_port) == wanted]
    return next((each for each in found if each.host_port == view.flow.dport), found[0] if found else None)


def means_the_host(view: View, container: Container) -> bool:
    """Return whether the container asks the host's address, of which pasta has given the container a copy, for a port
    that the host serves and the container does not.  Source: passt(1), --config-net"""
    packet, start = view.stop.seen.packet, view.flow.start
    asks_itself = isinstance(start, FromContainer) and start.netns == view.stop.netns and view.flow.container is None
    copied = container.by_user_stack and owns_address(view.host_namespace, packet.version, packet.daddr)
    return (
        asks_itself and copied and is_foreign(view, container) and any(not each.container for each in elsewhere(view))
    )


def is_foreign(view: View, container: Container) -> bool:
    """Return whether the container neither publishes nor exposes the asked port.  If the container neither publishes
    nor exposes the port, the client may mean another container.  A port that the image exposes belongs to this
    container, even if other containers listen on the same number."""
    wanted = (protocol_of(view), view.stop.seen.packet.dport)
    return published_to(view, container) is None and wanted not in container.exposed


def unpublished_listeners(view: View, container: Container) -> tuple[Socket, ...]:
    """Return the container's listeners of the packet's protocol to which no published port leads.

    Listeners on loopback and listeners on the asked port are not returned."""
    published = {(each.protocol, each.container_port) for each in view.host.network_owner(container).bindings}
    return tuple(
        each
        for each in listeners(view, container)
        if each.protocol == protocol_of(view)
        and each.port != view.stop.seen.packet.dport
        and (each.protocol, each.port) not in published
        and not on_loopback(each)
    )


def asked_by_port_of_host(view: View, container: Container) -> tuple[PortBinding, Socket] | None:
    """Return the published port by whose number on the host the container itself is asked, and the listener to which
    the published port leads; None if the port's number is no port on the host."""
    wanted = (protocol_of(view), view.stop.seen.packet.dport)
    itself = is_loopback(view.flow.daddr, view.flow.version)
    if itself or published_to(view, container) is not None or view.flow.dport != wanted[1]:
        return None
    for each in view.host.network_owner(container).bindings:
        inner = (each.protocol, each.container_port)
        held = (one for one in listeners(view, container) if (one.protocol, one.port) == inner and not on_loopback(one))
        socket = next(held, None) if (each.protocol, each.host_port) == wanted else None
        if socket is not None:
            return each, socket
    return None


def read_log(view: View, container: Container) -> Message:
    """Return the advice to read the container's log, which tells why its service does not listen."""
    return log_advice.read_log(view.host.engine_of(container).command("logs", container.name))


def listening(view: View, advice: Message) -> AddSocket:
    """Return the part that adds a socket, bound to all addresses, that receives the packet."""
    packet = view.stop.seen.packet
    socket = Socket(protocol=protocol_of(view), version=packet.version, address=None, port=packet.dport or 0)
    return AddSocket(view.stop.netns, socket, advice)


def bound_to_all(view: View, container: Container) -> AddSocket:
    """Return the part that binds the container's service to all addresses instead of one address."""
    port = view.stop.seen.packet.dport
    advice = message("let the service in {container} bind to 0.0.0.0:{port}", container=container.name, port=port)
    return listening(view, advice)
