"""The readings of one host by key and namespace, and the list of the readings that failed or could not be parsed.

A part of a host is kept with its inputs.  Therefore only the changed parts are made again after a later reading of the
host.  Parts contain parts: a namespace has links, routes and rules, and rules have tables.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, TypeVar

import msgspec

from hairpin.errors import ParseError
from hairpin.evidence.reading import CUT, NOT_JSON, UNSHOWN, Evidence, Place, Reading, is_trace, spelt
from hairpin.host.host import Unread
from hairpin.host.read.json_text import is_document, mended
from hairpin.message import Message, message

T = TypeVar("T")
Name = tuple[str, ...]

# Optional readings: another reading contains the same facts, so an optional reading that fails is not reported as
# missing.
_OPTIONAL = ("netns-ids",)
_OF_NAMESPACE: tuple[tuple[str, ...], ...] = (
    ("ip-addr", "ip-addr-text"),
    ("ip-route4", "ip-route4-text"),
    ("ip-route6", "ip-route6-text"),
    ("ip-rule4", "ip-rule4-text"),
    ("ip-rule6", "ip-rule6-text"),
    ("sysctl",),
    ("sockets", "proc-net-tcp"),
    ("nft-tables",),
    ("iptables-nft-save4",),
    ("iptables-nft-save6",),
    ("iptables-legacy-save4",),
    ("iptables-legacy-save6",),
)
"""The readings of each network namespace: the evidence must have at least one key of each group.  If the evidence has
no key of a group, the group's first key is reported as missing."""
_OF_ENGINE: dict[str, tuple[str, ...]] = {
    "docker-info": ("docker-containers", "docker-networks"),
    "podman-version": ("podman-containers",),
}
"""For the reading of an engine's answer: the further readings that must exist if the engine answered.  The collector
ends a request to a slow engine, and then asks it nothing more."""
_OF_HOST = ("docker-socket", "podman-version")
_SIGNS = frozenset((*_OF_HOST, "firewalld-state", "ufw-conf", "boot-scripts", "os-release"))
"""Readings that every collector makes.  If an evidence has fewer than two of these readings, a person has written or
pasted the evidence, so its gaps are intended."""

_WARNING = re.compile(r"\blevel=(?:warning|info|debug)\b")


class Part(msgspec.Struct, frozen=True):
    """A part of a host.  ``value``: the result, which was made from ``inputs`` and from the readings at the places
    ``asked``.  ``missed``: the readings at these places that could not be parsed."""

    value: Any
    inputs: tuple[object, ...]
    asked: frozenset[Place]
    missed: tuple[Unread, ...]
    parts: tuple[tuple[Name, "Part"], ...]


def as_before(before: T, now: T) -> T:
    """Return the old part if the new part equals it.  Otherwise return the new part, in which each unchanged field
    keeps its old object.

    In this way the indexes that are kept on unchanged values stay.
    """
    if before == now:
        return before
    if isinstance(now, msgspec.Struct) and type(before) is type(now):
        fields = {name: as_before(getattr(before, name), getattr(now, name)) for name in now.__struct_fields__}
        return msgspec.structs.replace(now, **fields)
    return now


class _Making:
    """A part of a host that is being made.  ``before``: the parts of which this part consisted before."""

    def __init__(self, before: tuple[tuple[Name, Part], ...]) -> None:
        self.before = dict(before)
        self.asked: set[Place] = set()
        self.missed: list[Unread] = []
        self.parts: dict[Name, Part] = {}


def _reason_in(text: str) -> str:
    """Return the line of a failed tool's error output that says why it failed: the first that is no warning.  Podman
    and Docker log warnings before their error."""
    lines = text.strip().split("\n")
    return next((each for each in lines if _WARNING.search(each) is None), lines[0])


class Readings:
    r"""Gives access to readings, and collects the readings that were refused, failed or could not be parsed.

    A damaged reading does not affect other readings: it becomes an :class:`Unread`.  Bytes that are not UTF-8 (in a
    rule's comment, in a name) are replaced by text such as ``\xff``.  Therefore every parsed value can be printed.
    JSON with a raw escape character in a name is repaired.

    ``before``: the host's parts from earlier evidence.  ``changed``: the places of the readings that have changed since
    the earlier evidence.  Only the parts that depend on changed places are made again.
    """

    def __init__(
        self, evidence: Evidence, before: tuple[tuple[Name, Part], ...] = (), changed: frozenset[Place] = frozenset()
    ) -> None:
        self._by_place: dict[Place, list[Reading]] = {}
        self._not_json: set[str] = set()
        self._making = _Making(before)
        self._changed = changed
        for reading in map(_printable, (each for each in evidence.readings if not is_trace(each.key))):
            if reading.outcome == "text":
                self._by_place.setdefault((reading.key, reading.netns), []).append(reading)
                if reading.status == CUT:
                    self.miss(reading, message("the reading is incomplete: the time limit has cut it off"))
                continue
            if reading.status == NOT_JSON:
                self._not_json.add(reading.key)
            if reading.key not in _OPTIONAL and (reading.outcome != "absent" or reading.status == UNSHOWN):
                self.miss(reading, _reason_in(reading.text) or reading.outcome)
        self._making.missed += lacking(evidence)

    @property
    def parts(self) -> tuple[tuple[Name, Part], ...]:
        """The parts that :meth:`part` has returned, with their inputs."""
        return tuple(self._making.parts.items())

    def part(self, name: Name, make: Callable[[], T], *inputs: object, sharing: Callable[[T, T], T] = as_before) -> T:
        """Return a part of the host: the result of ``make``, or the former part if neither ``inputs`` nor the part's
        readings have changed.

        A part that is made again shares unchanged values with the former part (``sharing``).  Everything that ``make``
        uses must be in ``inputs`` or be a reading that it asks for.
        """
        part = self._making.before.get(name)
        if part is None or part.inputs != inputs or not part.asked.isdisjoint(self._changed):
            part = self._made(make, inputs, part, sharing)
        self._making.parts[name] = part
        self._making.asked |= part.asked
        self._making.missed += part.missed
        value: T = part.value
        return value

    def earlier(self, name: Name, *inputs: object) -> Any | None:
        """Return the value of the former part if ``inputs`` equal the last inputs of that part, else None."""
        part = self._making.before.get(name)
        return part.value if part is not None and part.inputs[len(part.inputs) - len(inputs) :] == inputs else None

    def _made(
        self, make: Callable[[], T], inputs: tuple[object, ...], before: Part | None, sharing: Callable[[T, T], T]
    ) -> Part:
        outer = self._making
        self._making = making = _Making(before.parts if before is not None else ())
        try:
            value = make()
        finally:
            self._making = outer
        if before is not None:
            value = sharing(before.value, value)
        return Part(value, inputs, frozenset(making.asked), tuple(making.missed), tuple(making.parts.items()))

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The readings that failed, in their order, then the readings that could not be parsed.  While a part is being
        made, these are only the unread readings of that part."""
        return tuple(self._making.missed)

    def unread_in(self, netns: str) -> tuple[str, ...]:
        """Return the keys of a namespace's unread readings, each once."""
        return tuple(dict.fromkeys(item.key for item in self._making.missed if item.netns == netns))

    def is_not_json(self, key: str) -> bool:
        """Return whether the collector found that the file of the reading with this key is not JSON."""
        return key in self._not_json

    def miss(self, reading: Reading, reason: Message | str) -> None:
        """Record that this reading could not be read or parsed."""
        self._making.missed.append(Unread(reading.key, reading.netns, reading.origin, reason, reading.id))

    def of(self, key: str, netns: str = "") -> tuple[Reading, ...]:
        """Return the readings with this key that have a text."""
        return tuple(self._at(key, netns))

    def first(self, key: str, netns: str = "") -> Reading | None:
        """Return the first reading with this key that has a text; None if there is none."""
        return next(iter(self._at(key, netns)), None)

    def _at(self, key: str, netns: str) -> Sequence[Reading]:
        self._making.asked.add((key, netns))
        return self._by_place.get((key, netns), ())

    def understood(self, reading: Reading | None, parse: Callable[[Reading], T], default: T) -> T:
        """Return the parsed value of the reading; ``default`` if there is no reading, or if it cannot be parsed."""
        if reading is None:
            return default
        try:
            return parse(reading)
        except ParseError as error:
            self.miss(reading, error.said)
            return default

    def all_understood(self, readings: Iterable[Reading], parse: Callable[[Reading], tuple[T, ...]]) -> tuple[T, ...]:
        """Return the values that were parsed from all these readings, in the order of the readings."""
        nothing: tuple[T, ...] = ()
        return tuple(item for reading in readings for item in self.understood(reading, parse, nothing))


def later(name: str) -> Callable[..., Any]:
    """Return the reader ``FOLDER.FILE.FUNCTION`` of ``host/read``.  Its file is loaded when the reader is called: few
    hosts have the outputs that it reads, such as those of an old iproute2 that prints words instead of JSON."""
    file, _, function = name.rpartition(".")

    def read(*given: Any, **known: Any) -> Any:
        return getattr(import_module(f"hairpin.host.read.{file}"), function)(*given, **known)

    return read


def _printable(reading: Reading) -> Reading:
    text = spelt(reading.text)
    if is_document(reading.key, text):
        text = mended(text)
    return reading if text == reading.text else msgspec.structs.replace(reading, text=text)


def lacking(evidence: Evidence) -> Iterator[Unread]:
    """Yield the readings that the evidence lacks: first the readings of each namespace, then the readings of the host
    and its engines."""
    keys: dict[str, set[str]] = {}
    by_user: dict[str, set[str]] = {}
    answers: list[tuple[str, str]] = []
    for each in evidence.readings:
        if is_trace(each.key):
            continue
        keys.setdefault(each.netns, set()).add(each.key)
        user = user_of(each)
        by_user.setdefault(user, set()).add(each.key)
        if each.outcome == "text" and each.key in _OF_ENGINE:
            answers.append((each.key, user))
    whole = keys.get("", set())
    if len(whole & _SIGNS) < 2:
        return
    for netns in filter(None, keys):
        yield from _of_namespace(netns, keys[netns])
    yield from (_lacking(key, "") for key in _OF_HOST if key not in whole)
    for told, user in dict.fromkeys(answers):
        yield from (_untold(key, user) for key in _OF_ENGINE[told] if key not in by_user[user])


def user_of(reading: Reading | Unread) -> str:
    """Return the user whose engine the reading is of, if it was asked as this user, or beside the host's own dockerd;
    empty for any other engine."""
    words = reading.origin.split(maxsplit=3)
    return words[2] if words[:2] == ["runuser", "-u"] else ""


def _untold(key: str, user: str) -> Unread:
    program = key.partition("-")[0]
    said = message("{engine} answered too slowly, so it was not asked for this: ask again", engine=program.capitalize())
    return Unread(key, "", f"runuser -u {user} -- {program}" if user else program, said, "")


_FROM_OUTSIDE = frozenset({"ip-addr", "proc-net-tcp", "proc-net-tcp6", "proc-net-udp", "proc-net-udp6"})
"""The readings of a namespace that could not be entered: the refusal, and the sockets of one of its processes."""


def _of_namespace(netns: str, there: set[str]) -> Iterator[Unread]:
    if "ip-addr" in there and there <= _FROM_OUTSIDE:  # the namespace could not be entered, as this reading says
        return
    for each in _OF_NAMESPACE:
        if there.isdisjoint(each):
            yield _lacking(each[0], netns)


def _lacking(key: str, netns: str) -> Unread:
    return Unread(
        key, netns, key, message("this snapshot lacks the reading that the answer needs: take a new snapshot"), ""
    )
