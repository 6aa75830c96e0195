"""What the guard has read of its host for questions, brought up to date when it is asked.

A host is read in parts.  A part is read again unless its sign (``signs``) is as it was, and the kernel has told of
no change (``told``).  What is in the containers' network namespaces is read each time, by netlink.  If nothing
differs, the evidence is the same value as before, so all that was made of it is still true.

The sign of a part is made before the part is read: a change while it is read makes the next sign another one.  It is
made with the help of what was read before, so a part stands from its second reading on.
"""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from hairpin.collect.run import LocalRunner, words_of
from hairpin.collect.several import read_this
from hairpin.collect.snapshot import PART, apart, with_insides
from hairpin.evidence.reading import Evidence, Reading, utc_text
from hairpin.guard.warm.parts import HEAD, OF_QUESTION, PARTS, KnownReadings, Sign
from hairpin.guard.warm.signs import look_anew, signs_of
from hairpin.guard.warm.told import Told, ToldChanges

_TOLD: dict[str, frozenset[Told]] = {
    "links": frozenset(("links",)), "rules": frozenset(("rules",)), "sysctls": frozenset(("links",)),
    "podman_and_pods": frozenset(("links",)),
}  # fmt: skip
"""The parts of which the kernel tells changes."""
_MARKS = ("apart", "podman_and_pods")
"""The key of the readings that stand for the containers' namespaces, and the part behind which they come."""
_ELSEWHERE = "docker-beside"
"""The key of readings with which the parts are not told apart: users' dockerds."""
EVERY_PART = (HEAD, *PARTS)


class WantedReading(NamedTuple):
    """What a question needs of the host: see :func:`hairpin.collect.run.collect`."""

    only: tuple[str, ...] = ()
    asks_sets: bool = False


EVERYTHING = WantedReading()


class _Part(NamedTuple):
    """A part that was read.  ``sign``: None if nothing tells whether it has changed."""

    readings: tuple[Reading, ...]
    sign: Sign | None


class KeptReading:
    """The readings of this host."""

    def __init__(self) -> None:
        self._told: ToldChanges | None = None
        with suppress(OSError):
            self._told = ToldChanges()
        self._parts: dict[tuple[str, WantedReading], _Part] = {}
        self._last: dict[WantedReading, Evidence] = {}

    def drain(self) -> bool:
        """Take what the kernel has told since, so that what changed is read again; return whether it told anything."""
        told = self._told.since_last() if self._told is not None else frozenset[Told](("links", "rules"))
        for key, each in self._parts.items():
            if _TOLD.get(key[0], frozenset()) & told:
                self._parts[key] = each._replace(sign=None)
        return bool(told)

    def last(self, wanted: WantedReading) -> Evidence | None:
        """Return what was read last; None if nothing was."""
        return self._last.get(wanted)

    def read(self, wanted: WantedReading, look_at: Collection[str] = EVERY_PART) -> Evidence:
        """Return the evidence as it is now: the same value as the last time if nothing has changed.  Beside
        ``look_at``, a part stands unless it has no sign, or the kernel has told of a change.

        Raises CollectError."""
        found = self._as_now(wanted, look_at) or self._as_now(wanted, EVERY_PART)
        if found is None:
            self._parts.clear()
            self._last.pop(wanted, None)
            return read_this(only=wanted.only, asks_sets=wanted.asks_sets)
        before = self._last.get(wanted)
        if before is not None and _content(before) == _content(found):
            return before
        self._last[wanted] = found
        return found

    def _as_now(self, wanted: WantedReading, look_at: Collection[str]) -> Evidence | None:
        """Return the evidence; None if the host is one whose parts are not told apart, or changed meanwhile."""
        before = self._last.get(wanted)
        again = self._read_again(wanted, look_at)
        if again is None or any(_key(part, wanted) not in self._parts for part in EVERY_PART):
            return None
        last, parts = again
        if last is None and before is not None:
            last = msgspec.structs.replace(before, taken_at=utc_text(datetime.now(UTC)))
        if last is None:
            return None
        merged = msgspec.structs.replace(last, readings=tuple(self._in_order(wanted)))
        whole = with_insides(merged, LocalRunner())
        stands = "all_processes" not in parts
        if whole is None or (before is not None and _socket_lists(whole) != _socket_lists(before) and stands):
            del self._parts[_key("docker_all" if whole is None else "all_processes", wanted)]
            return None
        return whole

    def _read_again(
        self, wanted: WantedReading, look_at: Collection[str]
    ) -> tuple[Evidence | None, frozenset[str]] | None:
        """Read the parts that may have changed; return the last reading, and the parts.  None if the parts are not told
        apart.

        Parts of which it is known are read while the signs of the others are made."""
        held = {part: self._parts[_key(part, wanted)] for part in EVERY_PART if _key(part, wanted) in self._parts}
        inside = tuple(each for evidence in self._last.values() for each in _sockets(evidence))
        known = KnownReadings({part: each.readings for part, each in held.items()}, wanted.only, inside)
        look_anew()
        changed = [part for part in EVERY_PART if part not in held or held[part].sign is None]
        signs = signs_of([part for part in changed if part in held], known)
        others = [part for part in EVERY_PART if part in look_at and part not in changed]
        read: list[Evidence] = []
        with ThreadPoolExecutor(1) as beside:
            reading = beside.submit(_read_parts, wanted, changed) if changed else None
            signs |= signs_of(others, known)
        if reading is not None:
            read.append(reading.result())
        more = [part for part in others if signs[part] != held[part].sign]
        if more:
            read.append(_read_parts(wanted, more))
        for each in read:
            found = _parts_of(each)
            if found is None:
                return None
            for part, readings in found.items():
                self._parts[_key(part, wanted)] = _Part(readings, signs.get(part))
        return (read[-1] if read else None), frozenset((*changed, *more))

    def _in_order(self, wanted: WantedReading) -> Iterator[Reading]:
        """Yield the readings of all parts, in the order of the script."""
        marks: list[Reading] = []
        for part in EVERY_PART:
            for each in self._parts[_key(part, wanted)].readings:
                if each.key == _MARKS[0]:
                    marks.append(each)
                else:
                    yield each
            if part == _MARKS[1]:
                yield from marks


def _read_parts(wanted: WantedReading, parts: Collection[str]) -> Evidence:
    """Read these parts.  Raises CollectError."""
    words = words_of(only=wanted.only, asks_sets=wanted.asks_sets)
    return apart(LocalRunner(), words, [each for each in PARTS if each not in parts])


def _key(part: str, wanted: WantedReading) -> tuple[str, WantedReading]:
    return part, wanted if part in OF_QUESTION else WantedReading()


def _parts_of(raw: Evidence) -> dict[str, tuple[Reading, ...]] | None:
    """Return the readings of each part.  None if they are not told apart."""
    found: dict[str, list[Reading]] = {HEAD: []}
    part = HEAD
    for each in raw.readings:
        if each.key == _ELSEWHERE or (each.key == _MARKS[0] and not each.netns.startswith("container:")):
            return None
        if each.key == PART:
            part = each.text.strip() or each.origin
            found[part] = []
        else:
            found["docker_all" if each.key == _MARKS[0] else part].append(each)
    return {part: tuple(each) for part, each in found.items()}


def _content(evidence: Evidence) -> tuple[object, ...]:
    """Return what the readings say, without when they were made."""
    return tuple(
        (each.key, each.netns, each.origin, each.status, each.outcome, each.text) for each in evidence.readings
    )


def _sockets(evidence: Evidence) -> tuple[Reading, ...]:
    """Return the lists of the containers' sockets."""
    return tuple(each for each in evidence.readings if each.key == "sockets" and each.netns.startswith("container:"))


def _socket_lists(evidence: Evidence) -> tuple[str, ...]:
    return tuple(each.text for each in _sockets(evidence))
