"""Another process holds the published port and answers on it.

Users see: another service answers, and ``docker run`` failed with "bind: address already in use".  Or clients are
refused: the other service has the port at one address, such as 127.0.0.1, and the engine cannot have it at all
addresses beside it.  Or clients connect and get no answer: a docker-proxy that has outlived its container holds the
port.

Proof: the packet arrives at a socket of another process, or a socket at another address keeps the container from the
port.  If that process is ended and the container is started, the packet arrives at the container.
Now: stop the process and start the container, or recreate the container with another port.  A person has to choose one
of these repairs.  If the process is a docker-proxy from an earlier run of the container, ``kill`` it and start the
container.  If it is the docker-proxy of a container that is gone, ``kill`` this process alone, and publish the port
with the container that should have it.
Lasting: disable the unit of the process.  If the unit stays enabled, the process takes the port again at the next boot.
"""

from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.kit import Candidate, Cause, Host, Iterator, Message, OfProcess, View, Way, message
from hairpin.change.change import AddSocket, Change, DeleteSocket, Primitive
from hairpin.engines.repair.republishing import relay_at
from hairpin.host.docker import Container
from hairpin.host.socket import Relay, Socket
from hairpin.network.attachment import engines_read, network_for
from hairpin.network.prefix import address_text
from hairpin.network.socket_owner import is_docker_proxys
from hairpin.walk.decided import SocketDecided
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a process that has the asked container's port.  Yield one also for a docker-proxy that
    took the connection and belongs to no container.  A process that has the port at another address of the host keeps
    a stopped container from it."""
    if view.stop.reason in ("answered-by-other", "no-listener"):
        from hairpin.causes.engine._port_holder import by_holder  # noqa: PLC0415 - few stops are at such a socket

        held = tuple(by_holder(container=False)(view))
        yield from held
        if held or view.stop.reason == "answered-by-other":
            return
    for step in view.branch.request:
        if step.stage != "relay" or step.netns != view.host_netns or not isinstance(step.decided_by, SocketDecided):
            continue
        socket = step.decided_by.socket
        if socket is not None and socket.relay is not None and _is_nobodys(view.host, socket, socket.relay):
            yield _of_nobody(view, socket, socket.relay)
            return


def _is_nobodys(host: Host, socket: Socket, relay: Relay) -> bool:
    """Return whether the socket is a docker-proxy's that relays to no container which publishes the port.

    Swarm's own docker-proxies relay to the ingress sandbox, which is no container.  A socket without a process id is
    the docker-proxy that a simulated change adds: a docker-proxy that was read has one, because hairpin reads the
    relay's target from the process."""
    if socket.pid is None or not is_docker_proxys(socket):
        return False
    network = network_for(host, relay.address, relay.version)
    if not engines_read(host) or network is None or network.name in ("docker_gwbridge", "ingress"):
        return False
    return not any(
        (each.protocol, each.host_port) == (socket.protocol, socket.port)
        for container in _having(host, relay)
        for each in container.bindings
    )


def _having(host: Host, relay: Relay) -> tuple[Container, ...]:
    return tuple(
        each for each in host.containers() if any(relay.address in (one.ipv4, one.ipv6) for one in each.endpoints)
    )


def _of_nobody(view: View, socket: Socket, relay: Relay) -> Candidate:
    """Return the candidate that ends the docker-proxy and lets a service have the port."""
    held = tuple(each for each in view.host_namespace.sockets
                 if (each.pid, each.relay) == (socket.pid, socket.relay))  # fmt: skip
    serving = _served_instead(view, socket)
    parts: tuple[Primitive, ...] = (*(DeleteSocket(view.host_netns, each) for each in held), serving)
    return Candidate(
        title=message("Port {port} is held by a docker-proxy that belongs to no container", port=socket.port),
        detail=_detail(view, socket, relay),
        change=Change(parts),
        where=OfProcess(process=socket.process, pid=socket.pid, port=socket.port),
        in_class="switched-off",
        evidence=(socket.evidence,) if socket.evidence else (),
        ways=(Way(Change(()), (_by_hand(socket), serving.advice), by_person=True),),
        offered=False,
    )


def _by_hand(socket: Socket) -> Message:
    """Return how to end the docker-proxy alone.  A stopped process ends only by SIGKILL."""
    return message(
        "end this docker-proxy alone: `{kill} {pid}`; the docker-proxies of other containers have other process ids",
        kill="kill -KILL" if socket.halted else "kill",
        pid=socket.pid,
    )


def _served_instead(view: View, socket: Socket) -> AddSocket:
    """Return the socket that serves the port afterwards: the docker-proxy of the container that publishes the port on
    another address, or a service."""
    packet = view.branch.request[0].packet
    for container, binding in bindings_for(view, every_version=True):
        made = relay_at(view.host, container, binding, packet.version, packet.daddr) if container.running else None
        if made is not None:
            return made
    said = message("then publish port {port} with the container that should have it", port=socket.port)
    plain = Socket(socket.protocol, socket.version, socket.address, socket.port)
    return AddSocket(view.host_netns, plain, said)


def _detail(view: View, socket: Socket, relay: Relay) -> Message:
    facts = {"socket": socket_text(socket), "target": address_text(relay.address, relay.version)}
    others = _having(view.host, relay)
    if others:
        return message(
            "The connection arrives at {socket}, which passes it on to {target}. {name} has this address and does not "
            "publish the port: the docker-proxy has outlived its container.",
            **facts,
            name=others[0].name,
        )
    return message(
        "The connection arrives at {socket}, which passes it on to {target}. No container has this address: the "
        "docker-proxy has outlived its container.",
        **facts,
    )


CAUSE = Cause(
    aliases=("port-bound-by-other-process",),
    title=message("Another process holds the published port"),
    source="bind(2): EADDRINUSE; moby libnetwork/portallocator",
    shown_by=("sudo ss -lntup", message("a line names the port: the process in that line holds it")),
    reasons=frozenset({"answered-by-other", "no-neighbour", "no-listener", "no-route", "route-type"}),
    shown_to="engine",
)
