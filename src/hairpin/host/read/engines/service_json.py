"""Services of a swarm and their tasks: ``GET /services?status=true`` and ``GET /tasks``, one object a line.

Source: Docker Engine API, ServiceList, TaskList; ServiceStatus is there since its version 1.41
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.host.read.json_text import decode_list
from hairpin.host.swarm import ServicePort, SwarmService

_Protocol = Literal["tcp", "udp", "sctp"]


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


_WANTED = ("running", "ready")
"""States that the swarm desires of tasks which it keeps; one that it replaces is to be shut down."""
_SERVICE, _SERVICES = msgspec.json.Decoder(_Service), msgspec.json.Decoder(tuple[_Service, ...])
_TASK, _TASKS = msgspec.json.Decoder(_Task), msgspec.json.Decoder(tuple[_Task, ...])


def services(text: str, *, source: str, evidence: str = "") -> tuple[SwarmService, ...]:
    """Return the services in the order of the reading; raise ParseError."""
    return tuple(_service(each, evidence) for each in decode_list(_SERVICES, _SERVICE, text, source=source))


def _service(found: _Service, evidence: str) -> SwarmService:
    ports = found.endpoint.ports if found.endpoint is not None else None
    tally = found.service_status
    return SwarmService(
        id=found.id,
        name=found.spec.name,
        # A port without a number is one that the swarm has not given yet.
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
    """Return the services with the error of the newest task that has one; where the manager told no tally, with that of
    their tasks; raise ParseError."""
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
