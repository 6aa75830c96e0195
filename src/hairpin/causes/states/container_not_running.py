"""The container that publishes the port is not running.  Or a container is not running although its restart policy
demands it.

Users see: connections are refused because no socket listens on the port, or they time out because the container's old
rules still exist.

Proof: the engine says that the container does not run, and no socket holds its port.  After the container is started,
the port answers.  For a container that publishes no port, its state is the proof: it restarts in a loop, or its start
failed.
Now: remove the reason that the engine's error or the exit status names, then ``docker start NAME``.  ``docker logs
NAME`` shows the output of the container's program.  If Podman ended the container because its health check failed, a
start lasts until the next check fails: ``podman inspect`` shows under State.Health what the check printed.
Lasting: set a restart policy (``--restart unless-stopped``), and repair the fault that ends the container's program.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from hairpin.causes.cause import NOT_RUNNING, Candidate, Cause, Finding, View, Way
from hairpin.causes.container._end import failure_by_end
from hairpin.causes.engine._publishing import (
    LEFT_ALONE,
    asking_container,
    covers,
    exposed_on_host,
    held_once_running,
    refusal_of,
)
from hairpin.causes.log_advice import find_end, read_end
from hairpin.causes.states._start_words import makers_told
from hairpin.causes.where import OfContainer
from hairpin.change.calls import SetContainerState
from hairpin.change.change import Change
from hairpin.engines.repair.bridging import awaiting
from hairpin.engines.repair.starting import back_after_reboot, starting_change
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.engine_health import ended_by_check, is_down
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.attachment import network_for
from hairpin.network.network import owns_address
from hairpin.network.socket_owner import kept_away
from hairpin.words.meaning import Failure

_STOPPED_BY_SIGNAL = (None, 0, 137, 143)
"""Exit statuses after ``docker stop``.  SIGKILL or SIGTERM ends the program, or the program ends with status 0."""

_CRASHED = tuple(128 + each for each in (4, 6, 7, 8, 11))
"""Exit statuses of a program that SIGILL, SIGABRT, SIGBUS, SIGFPE or SIGSEGV ended."""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each stopped container that should publish the asked port, if no running container
    publishes the port.  If the start of a container failed, a running container counts only if it publishes the port at
    the asked address: it may hold the port on loopback.  A process that has the port is a cause of its own."""
    if view.stop.reason == "no-listener" and view.on_host and _is_kept_away(view):
        return
    bindings = asking_container(view)
    if not bindings and view.stop.reason not in LEFT_ALONE:
        bindings = held_once_running(view) or _asked_itself(view) or exposed_on_host(view) or _ended_member(view)
    failed = any(container.error for container, _ in bindings)
    if any(
        container.running and binding.actual and not _has_ended(container)
        and (not failed or covers(binding, view.flow.daddr))
        for container, binding in bindings
    ):  # fmt: skip
        return
    for container, binding in bindings:
        looping = container.status == "restarting" or _has_ended(container)
        if (container.running and not looping) or any(
            is_down(view.host, engine) for engine in view.host.engines if container in engine.containers
        ):
            continue
        engine = view.host.engine_of(container)
        toward = view.flow.daddr if view.flow.version == 4 else None
        change = (
            _on_host_network(view, engine, container)
            if container.network_mode == "host" and not binding.host_port
            else starting_change(view.host, _with_asked_address(view, container), binding, toward)
            or awaiting(view.host, engine.bridge_network(container))
        )
        if change is None:
            continue
        why = failure_of(view.host, container)
        by_hand = (looping or _failed(container) or _needs_repair(why)) and bool(change.parts)
        yield _candidate(
            view.host,
            container,
            _unconnected(engine, container, _detail(container, binding, looping=looping)),
            why,
            change=Change(change.parts) if by_hand else change,
            by_hand=by_hand,
            refused=view,
        )


def _is_kept_away(view: View) -> bool:
    """Return whether a process has the asked port at an address at which it does not take the packet."""
    held = kept_away(view.network, view.flow)
    return held is not None and held.container is None


def _asked_itself(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the stopped container whose own port the flow asks, with a binding that has no port of the host."""
    container = view.host.container(view.meant) if view.meant else None
    if container is None or view.flow.protocol == "icmp" or (container.running and not _has_ended(container)):
        return ()
    return ((container, PortBinding(view.flow.protocol, view.flow.dport, 0, None, view.flow.version, actual=False)),)


def _ended_member(view: View) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the only container that does not run of those that share the namespace in which the packet found no
    socket, if each of the others listens on a port of its own."""
    if view.stop.reason != "no-listener" or view.on_host:
        return ()
    from hairpin.causes.service._near import protocol_of  # noqa: PLC0415 - most containers share no namespace
    from hairpin.causes.service._service import in_container, lacking_listeners, same_port  # noqa: PLC0415

    container = in_container(view)
    if container is None or same_port(view):
        return ()
    lacking = lacking_listeners(view, container)
    if len(lacking) != 1 or lacking[0].running:
        return ()
    packet = view.stop.seen.packet
    return ((lacking[0], PortBinding(protocol_of(view), packet.dport or 0, 0, None, packet.version, actual=False)),)


def _with_asked_address(view: View, container: Container) -> Container:
    """Return the stopped container with the flow's destination as its address, if the flow asks it by its name.

    Such a client asks the address that the container has then.  The container is returned unchanged if an option
    chooses its address, or if another container or the host has the flow's destination."""
    address = view.flow.daddr
    joined = network_for(view.host, address, 4) if view.flow.version == 4 else None
    held = owns_address(view.host_namespace, 4, address) or any(
        address in (end.ipv4, end.fixed4) for each in view.host.containers() for end in each.endpoints
    )
    if view.meant != container.name or joined is None or held:
        return container
    ends = (
        replace(end, ipv4=address) if (end.network, end.ipv4, end.fixed4) == (joined.name, None, None) else end
        for end in container.endpoints
    )
    return replace(container, endpoints=tuple(ends))


def _on_host_network(view: View, engine: Engine, container: Container) -> Change:
    """Return the change that starts a container on the host's network.  The container's service then listens on the
    asked port of the host."""
    from hairpin.causes.service._service import listening  # noqa: PLC0415 - few containers are on the host's network

    said = message("start {name}", name=container.name)
    call = SetContainerState(engine.kind, "start", container.name, engine.user)
    return Change((listening(view, said),), (call,))


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each container that should run by its restart policy and does not.

    The container restarts in a loop, or its start failed."""
    for engine in host.engines:
        for container in () if is_down(host, engine) else engine.containers:
            if not is_wanted_up(host, container):
                continue
            looping = container.status == "restarting" or container.running
            said = (
                message(
                    "The container's program ends again and again (last with exit code {code} at {at}), and the "
                    "restart policy ({policy}) starts the container each time.",
                    code=container.exit_code,
                    at=container.finished_at or "-",
                    policy=container.restart_policy,
                )
                if looping
                else message(
                    "The container does not run, although its restart policy is {policy}.",
                    policy=container.restart_policy,
                )
            )
            why = failure_of(host, container)
            found = _candidate(host, container, said, why, change=Change(()), by_hand=True)
            yield Finding(found, "blocking", container=container.name)


def failure_of(host: Host, container: Container) -> Failure | None:
    """Return why the container's last start failed or its program ended; None if the engine does not tell."""
    if not container.error:
        return failure_by_end(host, container)
    from hairpin.causes.container._start_failure import failure_by_error  # noqa: PLC0415 - most starts do not fail

    return failure_by_error(host, container)


def is_wanted_up(host: Host, container: Container) -> bool:
    """Return whether the container should run by its restart policy and does not run.

    The engine restarts a container with policy ``always``, except if a person stopped it.  If a container with policy
    ``always`` ended without an error, a person stopped it."""
    if container.restart_policy == "no":
        return False
    if container.status == "restarting":
        return True
    if container.running:
        name = f"container:{container.name}"
        return _has_ended(container) and not any(each.netns == name for each in host.unread)
    if container.restart_policy == "on-failure" and container.restart_count:
        return _failed(container)
    return bool(container.error)


def _candidate(
    host: Host,
    container: Container,
    said: Message,
    why: Failure | None,
    *,
    change: Change,
    by_hand: bool,
    refused: View | None = None,
) -> Candidate:
    """Return the candidate for the container.  ``by_hand``: whether a person has to repair a fault first, because a
    start alone would not help."""
    engine = host.engine_of(container)
    log = engine.command("logs", container.name)
    again = "" if container.unit or container.status != "exited" else engine.command("start", container.name)
    read = find_end(log, again)
    has_log = container.status != "created" and not _ends_later(container) and not ended_by_check(container)
    repair = why.repair if why is not None and why.repair is not None else read
    return Candidate(
        title=_title(host, container, failed=why is not None and container.error != ""),
        detail=_with_reason(engine, container, said, why),
        change=change,
        where=OfContainer(container=container.name, state=container.status, exit_code=container.exit_code),
        in_class="switched-off",
        evidence=(container.evidence,),
        refused=refusal_of(refused, change) if refused is not None and not by_hand else None,
        made_by=makers_told(host, container),
        offered=not by_hand,
        ways=(Way(Change(()), (repair,)),) if by_hand else (),
        advice=(
            *((read_end(log),) if has_log and not (by_hand and repair is read) else ()),
            *_check_advice(engine, container),
            *_linger_advice(engine, container),
            *(back_after_reboot(engine, container) if not by_hand else ()),
        ),
        logs=(container.name,) if has_log else (),
    )


def _title(host: Host, container: Container, *, failed: bool) -> Message:
    name, *others = host.told_names(container)
    if failed:
        return message("Container {name} could not be started", name=container.name)
    if others:
        return message("The pod of {names} is not running", names=", ".join((name, *others)))
    return message("Container {name} is not running", name=name)


def _ends_later(container: Container) -> bool:
    """Return whether the container ends only in a simulated event."""
    return container.has_unknown_end and not container.finished_at


def _linger_advice(engine: Engine, container: Container) -> tuple[Message, ...]:
    """Return the advice about a user who does not linger: this user's last logout ends the container."""
    if engine.lingers is not False or container.status == "created" or container.exit_code not in _STOPPED_BY_SIGNAL:
        return ()
    return (
        message(
            "lingering is off for {user}: when the last session of {user} ends, logind ends this container, too. "
            "`loginctl enable-linger {user}` keeps it running",
            user=engine.user,
        ),
    )


def _check_advice(engine: Engine, container: Container) -> tuple[Message, ...]:
    """Return the advice about a container that its failed health check has ended: it will end again."""
    if not ended_by_check(container):
        return ()
    return (
        message(
            "the next health check that fails ends {name} again. This shows what the check printed: {command}",
            name=container.name,
            command=engine.command("inspect", "--format", "{{json .State.Health}}", container.name),
        ),
    )


def _needs_repair(why: Failure | None) -> bool:
    """Return whether a person has to remove the reason of the failure before the container can be started."""
    return why is not None and why.repair is not None and not why.again


def _with_reason(engine: Engine, container: Container, said: Message, why: Failure | None) -> Message:
    if why is None:
        return said
    if container.error:
        return message("{said} {engine} could not start it: {why}.", said=said, engine=engine.title, why=why.said)
    return message("{said} The reason: {why}.", said=said, why=why.said)


def _detail(container: Container, binding: PortBinding, *, looping: bool) -> Message:
    if not binding.host_port:
        return _of_itself(container, binding, looping=looping)
    values = {"port": binding.host_port, "code": container.exit_code, "at": container.finished_at or "-"}
    if container.has_unknown_end and container.finished_at:
        return message(
            "The container publishes port {port}. It ran before, and the engine does not know how it ended. This "
            "happens after a boot, or when the last session of the container's user ends. Nothing holds the port.",
            **values,
        )
    if container.exit_code is None and container.status == "exited":
        return message("The container publishes port {port} and has ended, so nothing holds the port.", **values)
    if container.status == "created":
        return message(
            "The container publishes port {port} and has never started, so nothing holds the port.", **values
        )
    if looping:
        return message(
            "The container publishes port {port}. Its program ends again and again (last with exit code {code} at "
            "{at}), so nothing holds the port.",
            **values,
        )
    return message(
        "The container publishes port {port} and ended with exit code {code} at {at}, so nothing holds the port.",
        **values,
    )


def _unconnected(engine: Engine, container: Container, said: Message) -> Message:
    if not engine.starts_unconnected(container):
        return said
    return message(
        "Somebody has disconnected the container from its last network. A start alone does not connect it again. "
        "{said}",
        said=said,
    )


def _of_itself(container: Container, binding: PortBinding, *, looping: bool) -> Message:
    """Return the message why no socket listens on a port of the container that is not published."""
    values = {"port": binding.container_port, "code": container.exit_code, "at": container.finished_at or "-"}
    if not binding.container_port:
        return message("The container has ended, so it sends no packets.")
    if container.exit_code is None and container.status == "exited":
        return message("The container has ended, so nothing listens on port {port}.", **values)
    if container.network_mode == "host" and container.status != "created" and not looping:
        return message(
            "The container is on the host's network and ended with exit code {code} at {at}, so nothing listens on "
            "port {port}.",
            **values,
        )
    if container.status == "created":
        return message("The container has never started, so nothing listens on its port {port}.", **values)
    if looping:
        return message(
            "The container's program ends again and again (last with exit code {code} at {at}). The container has no "
            "address between two starts, and nothing listens on its port {port}.",
            **values,
        )
    if container.joined:
        return message(
            "The container ended with exit code {code} at {at}, and no other container in the same network namespace "
            "listens on port {port}.",
            **values,
        )
    return message(
        "The container ended with exit code {code} at {at}. It has no address now, and nothing listens on its port "
        "{port}.",
        **values,
    )


def _failed(container: Container) -> bool:
    """Return whether the container's program ended by itself with an error, so that it would end again after a start.
    A program that a signal ended, for example after a memory fault, may run longer the next time."""
    return (
        container.status == "exited"
        and not container.error
        and not ended_by_check(container)
        and (container.exit_code not in (*_STOPPED_BY_SIGNAL, *_CRASHED) or container.oom_killed)
    )


def _has_ended(container: Container) -> bool:
    """Return whether the container ended while hairpin read the host.  The container's engine will start it again."""
    gone = container.netns is None and not container.left_unread
    return container.running and gone and container.restart_policy != "no"


CAUSE = Cause(
    title=message("The container is not running"),
    source="Docker Engine API: State.Status",
    shown_by=("docker ps -a", message("the status of {name} is not Up")),
    reasons=frozenset({"address-lost", *LEFT_ALONE, *NOT_RUNNING}),
    shown_to="engine",
)
