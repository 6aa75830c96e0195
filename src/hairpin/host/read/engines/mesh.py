"""The ports of a swarm's services that a node takes: dockerd holds each of them by a socket that never accepts.

Source: moby libnetwork/service_linux.go plumbIngressProxy(), programIngress()
"""

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.host.docker import Engine, MeshPort
from hairpin.host.host import Namespace
from hairpin.host.socket import Relay, Socket

_OWN = (2375, 2376, 2377, 7946)
"""dockerd's own: its API, and those of the nodes among each other."""


def with_mesh(
    engines: tuple[Engine, ...], namespaces: tuple[Namespace, ...]
) -> tuple[tuple[Engine, ...], tuple[Namespace, ...]]:
    """Return the engines with the ports, and the host's namespace with the sockets that hold them; both as they are if
    the host is no node of a swarm."""
    sandbox = sandbox_of(engines)
    if sandbox is None:
        return engines, namespaces
    changed = tuple(_held(each, sandbox) if each.name == HOST else each for each in namespaces)
    ports = (
        MeshPort("udp" if socket.protocol == "udp" else "tcp", socket.port)
        for each in changed
        if each.name == HOST
        for socket in each.sockets
        if socket.relay is not None and (socket.relay.holds_only, socket.relay.address) == (True, sandbox)
    )
    mesh = tuple(dict.fromkeys(ports))
    return tuple(
        msgspec.structs.replace(each, mesh=mesh) if sandbox_of((each,)) is not None else each for each in engines
    ), changed


def sandbox_of(engines: tuple[Engine, ...]) -> int | None:
    """Return the address to which the node leads the ports; None: it is no node of a swarm, or has set up none."""
    found = (network.ingress_sandbox for each in engines for network in each.networks if network.driver == "bridge")
    return next((each for each in found if each is not None), None)


def _held(namespace: Namespace, sandbox: int) -> Namespace:
    sockets = tuple(_holding(each, sandbox) for each in namespace.sockets)
    return msgspec.structs.replace(namespace, sockets=sockets)


def _holding(socket: Socket, sandbox: int) -> Socket:
    # The daemon binds the wildcard address of both families; an API that listens so has a port of its own.
    is_placeholder = socket.process == "dockerd" and socket.relay is None and socket.address is None
    if not is_placeholder or socket.port in _OWN:
        return socket
    return msgspec.structs.replace(socket, relay=Relay(4, sandbox, socket.port, holds_only=True))
