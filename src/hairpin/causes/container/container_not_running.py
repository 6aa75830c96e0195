"""The container that publishes the port is not running.

Users see: refused, as nothing listens on the port; a timeout when its old rules are still there.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.engine._publishing import at_host_port
from hairpin.change.change import AddSocket, Change
from hairpin.engines.starting import back_after_reboot, started
from hairpin.host.docker import Container
from hairpin.message import Message, message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each stopped container that should publish this port, if no running one publishes it."""
    bindings = at_host_port(view)
    if any(container.running and binding.actual and not _has_ended(container) for container, binding in bindings):
        return
    for container, binding in bindings:
        looping = container.status == "restarting" or _has_ended(container)
        if container.running and not looping:
            continue
        change = started(view.host, container, binding)
        if change is None:
            continue
        ended = container.status == "exited" or looping
        engine = view.host.engine_of(container)
        exited = message(" with exit code {code}", code=container.exit_code) if ended else ""
        if looping:
            change = _without_call(
                change, message("repair what ends it: {tool} logs {name}", tool=engine.kind, name=container.name)
            )
        yield Candidate(
            title=message("Container {name} is not running", name=container.name),
            detail=message(
                "It publishes port {port}, and it is {status}{exited}: nobody holds the port.{error}",
                port=binding.host_port,
                status="restarting" if looping else container.status,
                exited=exited,
                error=message(" {engine} says: {error}", engine=engine.title, error=container.error)
                if container.error
                else "",
            ),
            change=change,
            where=where(container=container.name, state=container.status, exit_code=container.exit_code),
            in_class="switched-off",
            evidence=(container.evidence,),
            advice=(
                message("read why it ended: {tool} logs {name}", tool=engine.kind, name=container.name),
                back_after_reboot(engine, container),
            ),
        )


def _has_ended(container: Container) -> bool:
    """Return whether the container ended while the host was read, and its engine starts it again."""
    return container.running and container.netns is None and container.restart_policy != "no"


def _without_call(change: Change, advice: Message) -> Change:
    """Return the change without its call.  The engine restarts this container already, so a start repairs nothing."""
    parts = tuple(
        msgspec.structs.replace(part, advice=advice) if isinstance(part, AddSocket) else part for part in change.parts
    )
    return Change(parts)


CAUSE = Cause(
    id="container-not-running",
    title="The container is not running",
    source="Docker Engine API: State.Status",
    reasons=frozenset(
        {"no-listener", "no-neighbour", "rule", "policy", "reject", "never-accepts", "no-carrier", "left-instead"}
    ),
    find=find,
)
