"""What Docker and Podman tell: containers that start and end, networks that are made and connected, and that an engine
comes or goes.  The same answers name containers by their ids, and the compose files of running projects.

An engine is asked over its socket only if it runs: where systemd holds the socket, a connection would start it.

Source: Docker Engine API, Events and ContainerList; docs.podman.io, API, compat; systemd.socket(5)
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from hairpin.guard.change import SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources.config_files import ConfigFiles
from hairpin.guard.sources.engine_stream import EngineStream
from hairpin.guard.sources.source import Source
from hairpin.guard.sources.start_log import StartLog

_FILTERS = {
    "type": ["container", "network", "daemon"],
    "event": ["start", "die", "died", "pause", "unpause", "rename", "create", "remove", "destroy", "connect",
              "disconnect", "reload", "update"],
}  # fmt: skip
_EVENTS = f"/events?filters={quote(msgspec.json.encode(_FILTERS).decode())}"
_LIST = "/containers/json"
_FILES, _FOLDER = "com.docker.compose.project.config_files", "com.docker.compose.project.working_dir"
_SOONEST_S, _LATEST_S = 1.0, 16.0
_MOST_NAMES = 4096


class _Actor(msgspec.Struct):
    id: str = msgspec.field(default="", name="ID")
    attributes: dict[str, str] = msgspec.field(default_factory=dict[str, str], name="Attributes")


class _Event(msgspec.Struct):
    """A line of the stream; Podman's has the same names."""

    kind: str = msgspec.field(default="", name="Type")
    action: str = msgspec.field(default="", name="Action")
    actor: _Actor = msgspec.field(default_factory=_Actor, name="Actor")


class _Listed(msgspec.Struct):
    id: str = msgspec.field(default="", name="Id")
    names: list[str] | None = msgspec.field(default=None, name="Names")
    labels: dict[str, str] | None = msgspec.field(default=None, name="Labels")


class Names:
    """The names of containers by the first 12 characters of their ids."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, short: str) -> str:
        """Return the name of a container; empty if no engine has told it."""
        return self._names.get(short, "")

    def know(self, identifier: str, name: str) -> None:
        """Keep a name."""
        if name:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
            self._names[identifier[:12]] = name


class EngineSource(Source):
    """One engine.  ``runs``: says whether it runs, so that a connection starts nothing."""

    comes_and_goes = True

    def __init__(
        self, name: str, place: Path, runs: Callable[[], bool], names: Names, files: ConfigFiles | None
    ) -> None:
        self.name, self._place, self._runs = name, place, runs
        self._names, self._files = names, files
        self._events: EngineStream | None = None
        self._list: EngineStream | None = None
        self._again_s, self._wait_s = 0.0, _SOONEST_S
        self._is_first, self._is_here = True, False
        self.log = StartLog()

    def descriptors(self) -> tuple[int, ...]:
        """Return those of the open connections."""
        streams = (self._events, self._list)
        return (*(each.descriptor for each in streams if each is not None), *self.log.descriptors())

    def asked(self, now_s: float) -> Iterator[SeenChange]:
        """Connect, if the engine runs and there is no connection."""
        if self._events is None and now_s >= self._again_s:
            self._again_s = now_s + self._wait_s
            if self._place.exists() and self._runs():
                self._events = EngineStream.opened(self._place, _EVENTS)
                self._list = EngineStream.opened(self._place, _LIST) if self._events is not None else None
                self._wait_s = min(2 * self._wait_s, _LATEST_S)
            else:
                self._wait_s = _SOONEST_S  # a file and a socket that are looked for cost nothing
                self._is_first = False
        return iter(())

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield each event that counts, and that the engine has come or gone."""
        if descriptor in self.log.descriptors():
            for line in self.log.lines():
                yield self._change(f"said at its start: {line}")
        elif self._events is not None and descriptor == self._events.descriptor:
            yield from self._of_events(self._events)
        elif self._list is not None:
            self._read_list(self._list)

    def _of_events(self, stream: EngineStream) -> Iterator[SeenChange]:
        lines = stream.lines()
        if stream.answers and not self._is_here:
            self._is_here, self._wait_s = True, _SOONEST_S
            if not self._is_first:
                yield self._change("came")
                if self.name == "docker":
                    self.log.begin(_daemon())
            self._is_first = False
        for line in lines:
            yield from self._event(line)
        if stream.has_ended:
            self.close()
            if self._is_here:
                self._is_here = False
                yield self._change("went")

    def _event(self, line: bytes) -> Iterator[SeenChange]:
        try:
            event = msgspec.json.decode(line, type=_Event)
        except msgspec.DecodeError:
            return
        told = event.actor.attributes
        if event.kind == "container":
            self._names.know(event.actor.id, told.get("name", ""))
            self._watch_files(told)
        if event.kind in _FILTERS["type"] and event.action in _FILTERS["event"]:
            about = told.get("name", "") or event.actor.id[:12]
            whose = told.get("container", "")
            other = f" {self._names.of(whose[:12]) or whose[:12]}" if whose and event.kind == "network" else ""
            yield self._change(f"{event.kind} {event.action} {about}{other}")

    def _read_list(self, stream: EngineStream) -> None:
        stream.lines()
        if not stream.has_ended:
            return
        try:
            for each in msgspec.json.decode(stream.body, type=list[_Listed]):
                self._names.know(each.id, (each.names or [""])[0].lstrip("/"))
                self._watch_files(each.labels or {})
        except msgspec.DecodeError:
            pass
        stream.close()
        self._list = None

    def _watch_files(self, labels: dict[str, str]) -> None:
        if self._files is not None and _FILES in labels:
            folder = Path(labels.get(_FOLDER) or "/")
            self._files.watch(folder / each for each in labels[_FILES].split(",") if each and each != "-")

    def _change(self, what: str) -> SeenChange:
        return SeenChange("containers", time.time(), f"{self.name} {what}")

    def close(self) -> None:
        """Leave the engine."""
        for each in (self._events, self._list):
            if each is not None:
                each.close()
        self._events = self._list = None


def engines(makers: Makers, files: ConfigFiles | None) -> tuple[EngineSource, ...]:
    """Return the engines of this host's root, which tell the makers the names of containers."""
    names = Names()
    makers.name_of = names.of
    docker, podman = Path("/run/docker.sock"), Path("/run/podman/podman.sock")
    return (
        EngineSource("docker", docker, lambda: _lives(_daemon()) or not _is_of_init(docker), names, files),
        EngineSource(
            "podman", podman, lambda: _has_processes("podman.service") or not _is_of_init(podman), names, files
        ),
    )


def _daemon() -> int:
    """Return the process of dockerd, as its file says; 0 if there is none."""
    try:
        text = Path("/run/docker.pid").read_text("ascii", errors="replace").strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


def _lives(pid: int) -> bool:
    return pid > 0 and Path(f"/proc/{pid}").exists()


def _has_processes(unit: str) -> bool:
    for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"):
        try:
            if Path(top, "system.slice", unit, "cgroup.procs").read_text("ascii").strip():
                return True
        except OSError:
            continue
    return False


def _is_of_init(place: Path) -> bool:
    """Return whether the first process has the socket: systemd starts the engine when somebody connects."""
    try:
        rows = (line.split() for line in Path("/proc/net/unix").read_text("utf-8", "replace").splitlines())
        names = (f"{place}", f"/var{place}")
        links = {f"socket:[{words[6]}]" for words in rows if len(words) > 7 and words[7] in names}
        if not links:
            return False
        return any(os.readlink(f"/proc/1/fd/{each}") in links for each in os.listdir("/proc/1/fd"))  # noqa: PTH115, PTH208
    except OSError:
        return True  # it cannot be told, so nothing is started
