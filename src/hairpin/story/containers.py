"""Finds changes of containers and networks, from the engines' events and from the times in each container's state."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.events.event import EventId
from hairpin.evidence.reading import Reading, moment
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.story.entry import Effect, StoryEntry
from hairpin.story.inspected import Inspected, containers_of
from hairpin.story.logs.units import unit_changes
from hairpin.story.traces import Traces

_AGAIN_S = 15.0
"""If a container starts within this number of seconds after its end, it counts as restarted."""
_RECREATED_S = 60.0
_SAME_S = 2.0
"""If the times of an event and of a container's state differ by at most this number of seconds, the two times belong to
one change."""
_ENGINE_S = 5.0
"""The number of seconds by which the start of a container may be later than dockerd's report that it is ready.  dockerd
first starts the containers with a restart policy, and then reports that it is ready."""
_NEVER = re.compile(r"^0001-")
_BY: dict[str, EventId] = {
    "restart": "container-restart", "start": "container-restart", "stop": "container-stop",
    "recreate": "container-recreate",
}  # fmt: skip


class _Attributes(msgspec.Struct, frozen=True):
    name: str = ""
    container: str = ""
    exit_code: str = msgspec.field(default="", name="exitCode")


class _Actor(msgspec.Struct, frozen=True):
    id: str = msgspec.field(default="", name="ID")
    attributes: _Attributes = msgspec.field(default=_Attributes(), name="Attributes")


class _Told(msgspec.Struct, frozen=True):
    """An engine's event in the format in which Docker and Podman print events."""

    type: str = msgspec.field(default="container", name="Type")
    action: str = msgspec.field(default="", name="Action")
    status: str = msgspec.field(default="", name="Status")
    seconds: int | None = msgspec.field(default=None, name="time")
    nanoseconds: int | None = msgspec.field(default=None, name="timeNano")
    when: str = msgspec.field(default="", name="Time")
    name: str = msgspec.field(default="", name="Name")
    id: str = msgspec.field(default="", name="ID")
    exit_code: int | None = msgspec.field(default=None, name="ContainerExitCode")
    actor: _Actor = msgspec.field(default=_Actor(), name="Actor")


_TOLD = msgspec.json.Decoder(_Told, strict=False)


class EngineEvent(msgspec.Struct, frozen=True):
    """An event of an engine about a container or a network.  ``what``: the event's name, such as ``start`` or ``die``.
    ``id``: the id of the container, or of the container that joins or leaves the network.  ``told``: the exit status;
    empty if the event has none."""

    at: float
    what: str
    id: str
    name: str
    told: str
    evidence: str


class ContainerChange(msgspec.Struct, frozen=True):
    """A change of a container.  ``verb``: ``start``, ``stop``, ``restart``, ``recreate``, ``create`` or ``remove``.
    ``told``: the exit status; empty if it is unknown.  ``with_engine``: whether the engine's own start or stop made the
    change."""

    name: str
    verb: str
    at: float
    until: float
    told: str
    evidence: str
    with_engine: bool = False


def engine_events(traces: Traces, about: Literal["container", "network"] = "container") -> tuple[EngineEvent, ...]:
    """Return the engines' events about containers or networks, the oldest event first."""
    found = [
        each
        for key in ("trace-docker-events", "trace-podman-events")
        for reading in traces.readings(key)
        for each in _events(reading, about)
    ]
    return tuple(sorted(found, key=lambda each: each.at))


def _events(reading: Reading, about: str) -> Iterator[EngineEvent]:
    for text in reading.text.split("\n"):
        try:
            told = _TOLD.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError):
            continue
        at = (
            told.nanoseconds * 1e-9
            if told.nanoseconds is not None
            else float(told.seconds)
            if told.seconds is not None
            else moment(told.when)
        )
        name = told.actor.attributes.name or told.name
        what = (told.action or told.status).partition(":")[0]
        number = told.actor.attributes.exit_code or ("" if told.exit_code is None else str(told.exit_code))
        container = told.actor.attributes.container if about == "network" else told.actor.id or told.id
        if told.type == about and at is not None and name and what:
            yield EngineEvent(at, what, container, name, number, reading.id)


@kept
def container_changes(traces: Traces) -> tuple[ContainerChange, ...]:
    """Return the changes of the containers, the oldest change first.

    An end of a container and a start soon afterwards are one restart."""
    by_name: dict[str, list[EngineEvent]] = {}
    for event in engine_events(traces):
        if event.at >= traces.clock.since:
            by_name.setdefault(event.name, []).append(event)
    found = [change for name, events in by_name.items() for change in _folded(name, events)]
    found += _remembered(traces, found)
    engine = _engine_times(traces)
    return tuple(
        sorted(
            (msgspec.structs.replace(each, with_engine=_is_of_engine(each, engine)) for each in found),
            key=lambda each: each.at,
        )
    )


def _folded(name: str, events: list[EngineEvent]) -> Iterator[ContainerChange]:
    died: EngineEvent | None = None
    gone: EngineEvent | None = None
    made: EngineEvent | None = None
    first = True
    for event in events:
        match event.what:
            case "die" | "died":
                died = event
            case "destroy" | "remove":
                gone, made = event, None
            case "create":
                made = event
            case "start":
                at = died.at if died is not None else event.at
                if made is not None and gone is not None and made.at - gone.at <= _RECREATED_S:
                    yield ContainerChange(name, "recreate", min(at, gone.at), event.at, "", event.evidence)
                elif made is not None:
                    yield ContainerChange(name, "create", made.at, event.at, "", event.evidence)
                elif died is not None and event.at - died.at <= _AGAIN_S:
                    yield ContainerChange(name, "restart", died.at, event.at, "", event.evidence)
                else:
                    if died is not None:
                        yield ContainerChange(name, "stop", died.at, died.at, died.told, died.evidence)
                    yield ContainerChange(name, "start", event.at, event.at, "", event.evidence)
                died, gone, made = None, None, None
            case _:
                pass
        first = False
    if died is not None and gone is None:
        yield ContainerChange(name, "stop", died.at, died.at, died.told, died.evidence)
    if gone is not None and made is None and not first:
        yield ContainerChange(name, "remove", died.at if died is not None else gone.at, gone.at, "", gone.evidence)


def _remembered(traces: Traces, told: list[ContainerChange]) -> tuple[ContainerChange, ...]:
    """Return the last start and the last end of each container for which there is no event.  Events may be missing,
    because Docker's events go back only to dockerd's own start."""
    found: list[ContainerChange] = []
    for container, reading in containers_of(traces.evidence):
        near = [each for each in (*told, *found) if each.name == container.own_name]
        found += _times(container, reading.id, traces.clock.since, near)
    return tuple(found)


def _times(container: Inspected, evidence: str, since: float, told: list[ContainerChange]) -> Iterator[ContainerChange]:
    name, state = container.own_name, container.state
    started, finished, created = _time(state.started_at), _time(state.finished_at), _time(container.created)
    if started is not None and started >= since and not any(abs(each.until - started) < _SAME_S for each in told):
        if created is not None and started - created < _AGAIN_S:
            yield ContainerChange(name, "create", created, started, "", evidence)
        elif finished is not None and 0 <= started - finished < _AGAIN_S:
            yield ContainerChange(name, "restart", finished, started, "", evidence)
        else:
            yield ContainerChange(name, "start", started, started, "", evidence)
    ended = finished is not None and (started is None or finished > started)
    if (
        finished is not None
        and ended
        and finished >= since
        and not any(abs(each.at - finished) < _SAME_S for each in told)
    ):
        number = "" if state.exit_code is None else str(state.exit_code)
        yield ContainerChange(name, "stop", finished, finished, number, evidence)


def _time(text: str) -> float | None:
    return None if _NEVER.match(text) else moment(text)


def _engine_times(traces: Traces) -> tuple[tuple[float, float], ...]:
    """Return the time spans in which the engine's own start or stop starts or stops containers."""
    return tuple(
        (each.at - 1.0, each.until + _ENGINE_S)
        for each in unit_changes(traces)
        if each.unit in ("docker.service", "containerd.service", "podman-restart.service")
    )


def _is_of_engine(change: ContainerChange, engine: tuple[tuple[float, float], ...]) -> bool:
    return change.verb in ("start", "restart", "stop") and any(first <= change.until <= last for first, last in engine)


def container_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each change of each container."""
    for change in container_changes(traces):
        event = None if change.with_engine else _BY.get(change.verb)
        yield StoryEntry(
            at=change.at,
            kind="container",
            what=_said(change),
            subject=change.name,
            evidence=change.evidence,
            until=change.until if change.until > change.at else None,
            effect=None if event is None else Effect(event=event, name=change.name),
            host=traces.host,
        )


def _said(change: ContainerChange) -> Message:
    match change.verb:
        case "start" if change.with_engine:
            return message("the engine started container {name}", name=change.name)
        case "restart" if change.with_engine:
            return message("the engine restarted container {name} when the engine itself restarted", name=change.name)
        case "start":
            return message("container {name} was started", name=change.name)
        case "restart":
            return message("container {name} was restarted", name=change.name)
        case "recreate":
            return message("container {name} was recreated", name=change.name)
        case "create":
            return message("container {name} was made", name=change.name)
        case "remove":
            return message("container {name} was removed", name=change.name)
        case _ if change.told:
            return message("container {name} ended with status {status}", name=change.name, status=change.told)
        case _:
            return message("container {name} ended", name=change.name)


_WITH_CONTAINER_S = 5.0
"""A container that starts or ends joins or leaves its networks within this number of seconds."""


def network_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each network that was made or removed, and for each container that joined or left a network
    while the container ran on."""
    of_containers = engine_events(traces)
    names = {container.id: container.own_name for container, _ in containers_of(traces.evidence)}
    names |= {each.id: each.name for each in of_containers}
    for event in engine_events(traces, "network"):
        said = _words_of(event, names.get(event.id, ""))
        near = any(each.id == event.id and abs(each.at - event.at) <= _WITH_CONTAINER_S for each in of_containers)
        if said is not None and event.at >= traces.clock.since and not (event.id and near):
            yield StoryEntry(
                at=event.at, kind="container", what=said, subject=event.name, evidence=event.evidence, host=traces.host
            )


def _words_of(event: EngineEvent, container: str) -> Message | None:
    match event.what:
        case "create":
            return message("network {name} was made", name=event.name)
        case "destroy" | "remove":
            return message("network {name} was removed", name=event.name)
        case "connect" if container:
            return message("container {name} was connected to network {network}", name=container, network=event.name)
        case "disconnect" if container:
            return message("container {name} was disconnected from network {network}", name=container,
                           network=event.name)  # fmt: skip
        case _:
            return None
