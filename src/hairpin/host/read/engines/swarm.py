"""The services of a swarm as a manager lists them, and the ports that a node accepts for them.

Source: Docker Engine API, ServiceList, TaskList; ServiceStatus exists since version 1.41 of the API

On each node dockerd binds every port that a service publishes, with a socket on which it never accepts a connection.

Source: moby libnetwork/service_linux.go plumbIngressProxy(), programIngress()
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.evidence.reading import HOST, Reading
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.read.json_text import decode_list
from hairpin.host.socket import Relay, Socket
from hairpin.host.swarm import MeshPort, ServicePort, SwarmService

_Protocol = Literal["tcp", "udp", "sctp"]
_WANTED = ("running", "ready")
"""The desired states of the tasks that the swarm keeps running.  The desired state of a replaced task is
``shutdown``."""
_OWN = (2375, 2376, 2377, 7946)
"""The ports of dockerd itself: for its API, and for the traffic between nodes."""


class _Port(msgspec.Struct, rename="pascal"):
    protocol: _Protocol = "tcp"
    target_port: int = 0
    published_port: int = 0
    publish_mode: Literal["ingress", "host"] = "ingress"


class _Endpoint(msgspec.Struct, rename="pascal"):
    ports: tuple[_Port, ...] | None = None


class _Spec(msgspec.Struct, rename="pascal"):
    name: str = ""


class _Tally(msgspec.Struct, rename="pascal"):
    running_tasks: int = 0
    desired_tasks: int = 0


class _Service(msgspec.Struct, rename="pascal"):
    id: str = msgspec.field(name="ID")
    spec: _Spec = msgspec.field(default_factory=_Spec)
    endpoint: _Endpoint | None = None
    service_status: _Tally | None = None


class _Status(msgspec.Struct, rename="pascal"):
    timestamp: str = ""
    state: str = ""
    err: str = ""


class _Task(msgspec.Struct, rename="pascal"):
    service: str = msgspec.field(default="", name="ServiceID")
    desired: str = msgspec.field(default="", name="DesiredState")
    status: _Status = msgspec.field(default_factory=_Status)


_SERVICE, _SERVICES = msgspec.json.Decoder(_Service), msgspec.json.Decoder(tuple[_Service, ...])
_TASK, _TASKS = msgspec.json.Decoder(_Task), msgspec.json.Decoder(tuple[_Task, ...])


def services(reading: Reading) -> tuple[SwarmService, ...]:
    """Return the services in the order of the reading; raise ParseError."""
    return tuple(
        _service(each, reading.id) for each in decode_list(_SERVICES, _SERVICE, reading.text, source=reading.origin)
    )


def _service(found: _Service, evidence: str) -> SwarmService:
    ports = found.endpoint.ports if found.endpoint is not None else None
    tally = found.service_status
    return SwarmService(
        id=found.id,
        name=found.spec.name,
        # A port without a number is skipped: the swarm has not assigned a number to it yet.
        ports=tuple(
            ServicePort(each.protocol, each.published_port, each.target_port, each.publish_mode)
            for each in ports or ()
            if each.published_port
        ),
        wanted=tally.desired_tasks if tally is not None else None,
        running=tally.running_tasks if tally is not None else None,
        evidence=evidence,
    )


def with_tasks(found: Iterable[SwarmService], text: str, *, source: str) -> tuple[SwarmService, ...]:
    """Return the services, each with the error of its newest failed task.  If the manager did not say how many tasks a
    service has, the tasks in the text are counted.  Raise ParseError."""
    tasks = decode_list(_TASKS, _TASK, text, source=source)
    return tuple(_with_tasks(each, [one for one in tasks if one.service == each.id]) for each in found)


def _with_tasks(service: SwarmService, tasks: list[_Task]) -> SwarmService:
    newest = max(((each.status.timestamp, each.status.err) for each in tasks if each.status.err), default=("", ""))
    running = sum(each.status.state == "running" for each in tasks)
    wanted = sum(each.desired in _WANTED for each in tasks)
    return msgspec.structs.replace(
        service,
        error=newest[1],
        running=running if service.running is None else service.running,
        wanted=wanted if service.wanted is None else service.wanted,
    )


def with_mesh(
    engines: tuple[Engine, ...], namespaces: tuple[Namespace, ...]
) -> tuple[tuple[Engine, ...], tuple[Namespace, ...]]:
    """Return the engines with their mesh ports, and the namespaces.  In the host's own namespace the sockets of mesh
    ports become relays.  Engines and namespaces are unchanged if the host is no node of a swarm."""
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
    """Return the address to which the node translates mesh ports; None if the host is no node of a swarm, or if the
    host has no namespace for mesh ports."""
    found = (network.ingress_sandbox for each in engines for network in each.networks if network.driver == "bridge")
    return next((each for each in found if each is not None), None)


def _held(namespace: Namespace, sandbox: int) -> Namespace:
    sockets = tuple(_holding(each, sandbox) for each in namespace.sockets)
    return msgspec.structs.replace(namespace, sockets=sockets)


def _holding(socket: Socket, sandbox: int) -> Socket:
    # For a mesh port dockerd binds the wildcard address of both families.  dockerd's API may also bind the wildcard
    # address, on a port of ``_OWN``.
    is_placeholder = socket.process == "dockerd" and socket.relay is None and socket.address is None
    if not is_placeholder or socket.port in _OWN:
        return socket
    return msgspec.structs.replace(socket, relay=Relay(4, sandbox, socket.port, holds_only=True))
