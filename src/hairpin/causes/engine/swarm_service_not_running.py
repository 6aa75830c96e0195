"""A swarm service publishes the port, and none of its tasks runs on any node.

Users see: connections to the port are refused on every node, because no node holds the port of a service without a
running task.

Proof: a swarm manager lists the service, its port and no running task.  If a socket holds the port, the client gets an
answer.
Now: repair the fault that the newest task's error names: the image, the command, a placement constraint or a port in
use.  If the service is scaled to 0, scale it up.
Lasting: after the fault is repaired, nothing more has to be done, because the swarm starts the tasks itself.
"""

from hairpin.causes.container._start_failure import own_words
from hairpin.causes.engine._services import REASONS, candidate, dead
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, View, message
from hairpin.host.swarm import SwarmService


def find(view: View) -> Iterator[Candidate]:
    found = dead(view)
    if found is None or found.service.running != 0:
        return
    service = found.service
    yield candidate(
        view,
        found,
        message("No task of the swarm's service {service} runs", service=service.name),
        _detail(service, found.port.port),
        _repair(service),
    )


_NOT_AVAILABLE = "not available for new tasks"
"""The scheduler's words for a node that is drained or paused.  Source: swarmkit manager/scheduler/filter.go
ReadyFilter.Explain()"""


def _detail(service: SwarmService, port: int) -> Message:
    if not service.wanted:
        return message("The service publishes port {port} and is scaled to 0, so no node takes the port.", port=port)
    if not service.error:
        return message(
            "The service publishes port {port}. {wanted} of its tasks should run, but no task runs, so no node takes "
            "the port.",
            port=port,
            wanted=service.wanted,
        )
    return message(
        "The service publishes port {port}. {wanted} of its tasks should run, but no task runs, so no node takes the "
        "port. The swarm's reason: {error}.",
        port=port,
        wanted=service.wanted,
        error=own_words(service.error),
    )


def _repair(service: SwarmService) -> tuple[Message, ...]:
    name = service.name
    if not service.wanted:
        return (
            message("if the service is meant to run, scale it up: `docker service scale {service}=1`", service=name),
        )
    drained = (
        message(
            "`docker node ls` shows which node is drained or paused: it takes no tasks. If it should take tasks again: "
            "`docker node update --availability active NODE`"
        ),
    )
    return (
        *(drained if _NOT_AVAILABLE in service.error else ()),
        message("read why its tasks end or do not start: `docker service ps --no-trunc {service}`", service=name),
        message("read what its tasks logged: `docker service logs {service}`", service=name),
    )


CAUSE = Cause(
    title=message("No task of the swarm's service runs"),
    source="moby: libnetwork/service_linux.go rmLBBackend(); Docker Engine API: ServiceStatus",
    reasons=REASONS,
)
