"""The container that publishes the port is not running.

Users see: refused, as nothing listens on the port; a timeout when its old rules are still there.

Proof: the engine says that the container does not run, and nothing holds its port; started, the port answers.
Now: ``docker start NAME``; ``docker logs NAME`` tells why it ended.
Lasting: a restart policy (``--restart unless-stopped``), and repairing what ends its program.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine._publishing import held_once_running, refusal_of
from hairpin.causes.service._service import listening
from hairpin.causes.where import OfContainer
from hairpin.change.calls import SetContainerState
from hairpin.change.change import AddSocket, Change
from hairpin.engines.bridging import awaiting
from hairpin.engines.starting import back_after_reboot, started
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.engine_health import is_down
from hairpin.message import Message, message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each stopped container that should publish this port, if no running one publishes it."""
    bindings = held_once_running(view) or _asked_itself(view)
    if any(container.running and binding.actual and not _has_ended(container) for container, binding in bindings):
        return
    for container, binding in bindings:
        looping = container.status == "restarting" or _has_ended(container)
        if (container.running and not looping) or any(
            is_down(view.host, engine) for engine in view.host.engines if container in engine.containers
        ):
            continue
        engine = view.host.engine_of(container)
        change = (
            _on_host_network(view, engine, container)
            if container.network_mode == "host" and not binding.host_port
            else started(view.host, container, binding, view.flow.daddr if view.flow.version == 4 else None)
            or awaiting(view.host, engine.bridge_network(container))
        )
        if change is None:
            continue
        failed = looping or _failed(container)
        log = engine.command("logs", container.name)
        if failed:
            change = _without_call(change, message("find out what ends it: {command}", command=log))
        yield Candidate(
            title=message("Container {name} is not running", name=container.name),
            detail=_detail(engine, container, binding, looping=looping),
            change=change,
            where=OfContainer(container=container.name, state=container.status, exit_code=container.exit_code),
            in_class="switched-off",
            evidence=(container.evidence,),
            refused=refusal_of(view, change) if not (failed and change.parts) else None,
            advice=(
                *(
                    (message("read why it ended: {command}", command=log),)
                    if container.status != "created" and not failed
                    else ()
                ),
                *(back_after_reboot(engine, container) if not failed else ()),
            ),
        )


def _asked_itself(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the container whose own port is asked, if it does not run; its binding leads from no port of the host."""
    container = view.host.container(view.meant) if view.meant else None
    if container is None or container.running or view.flow.protocol == "icmp":
        return ()
    return ((container, PortBinding(view.flow.protocol, view.flow.dport, 0, None, view.flow.version, actual=False)),)


def _on_host_network(view: View, engine: Engine, container: Container) -> Change:
    """Return the change by which a container on the host's network starts and takes the port there."""
    said = message("start {name}", name=container.name)
    call = SetContainerState(engine.kind, "start", container.name, engine.user)
    return Change((listening(view, said),), (call,))


def _detail(engine: Engine, container: Container, binding: PortBinding, *, looping: bool) -> Message:
    if not binding.host_port:
        return _of_itself(engine, container, binding, looping=looping)
    values = {"port": binding.host_port, "code": container.exit_code, "at": container.finished_at or "-"}
    if container.status == "created":
        said = message("It publishes port {port} and has never started, so nothing holds the port.", **values)
    elif looping:
        said = message(
            "It publishes port {port}, and its program ends again and again, last with exit code {code} at {at}: "
            "nothing holds the port.",
            **values,
        )
    else:
        said = message(
            "It publishes port {port} and ended with exit code {code} at {at}, so nothing holds the port.", **values
        )
    return _with_error(engine, container, said)


def _of_itself(engine: Engine, container: Container, binding: PortBinding, *, looping: bool) -> Message:
    """Return why nothing has the container's own port, which is not published."""
    values = {"port": binding.container_port, "code": container.exit_code, "at": container.finished_at or "-"}
    if container.status == "created":
        said = message("It has never started, so nothing listens on its port {port}.", **values)
    elif looping:
        said = message(
            "Its program ends again and again, last with exit code {code} at {at}: it has no address between two "
            "starts, and nothing listens on its port {port}.",
            **values,
        )
    else:
        said = message(
            "It ended with exit code {code} at {at}: it has no address, and nothing listens on its port {port}.",
            **values,
        )
    return _with_error(engine, container, said)


def _with_error(engine: Engine, container: Container, said: Message) -> Message:
    if not container.error:
        return said
    error = _reason(container.error)
    return message("{said} {engine} could not start it: {error}", said=said, engine=engine.title, error=error)


def _reason(error: str) -> str:
    """Return the engine's own reason on one line, without the layers of the engine that pass it on."""
    line = " ".join(error.split())
    return line.rpartition("failed: ")[2].removesuffix("(exit status 1))").strip()


def _failed(container: Container) -> bool:
    """Return whether the container's program ended by itself with an error: it would do so again.  ``docker stop`` ends
    a program by SIGTERM or SIGKILL, or the program exits with 0."""
    return container.status == "exited" and not container.error and container.exit_code not in (None, 0, 137, 143)


def _has_ended(container: Container) -> bool:
    """Return whether the container ended while the host was read, and its engine starts it again."""
    gone = container.netns is None and not container.left_unread
    return container.running and gone and container.restart_policy != "no"


def _without_call(change: Change, advice: Message) -> Change:
    """Return the change without its call.  The engine restarts this container already, so a start repairs nothing."""
    parts = tuple(
        msgspec.structs.replace(part, advice=advice) if isinstance(part, AddSocket) else part for part in change.parts
    )
    return Change(parts)


CAUSE = Cause(
    id="container-not-running",
    title=message("The container is not running"),
    source="Docker Engine API: State.Status",
    reasons=frozenset(
        {"no-listener", "no-neighbour", "rule", "policy", "reject", "never-accepts", "no-carrier", "left-instead"}
    ),
    find=find,
)
