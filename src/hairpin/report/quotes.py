"""Quotes the readings that an answer refers to: each with its origin and the part that matters."""

from typing import cast

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.causes.cause import Candidate
from hairpin.evidence.reading import Evidence, Reading, spelt
from hairpin.host.boot.sysctl_files import key_parts
from hairpin.host.netns import Netns
from hairpin.host.sysctl import Path
from hairpin.message import Message, message
from hairpin.report.words import Words
from hairpin.walk.state import (
    ConntrackDecided,
    DecidedBy,
    LinkDecided,
    RouteDecided,
    RuleDecided,
    SocketDecided,
    SysctlDecided,
)

LONGEST = 400
"""The most characters of an excerpt; one line of docker inspect has thousands."""


_ESSENCE: dict[str, tuple[str, ...]] = {
    "docker-containers": (
        "Name", "State.Status", "State.ExitCode", "State.Error", "HostConfig.NetworkMode", "HostConfig.PortBindings",
    ),
    "docker-networks": ("Name", "Driver", "Internal", "IPAM.Config"),
    "docker-info": ("ServerVersion", "OperatingSystem"),
    "docker-version": ("Version",),
}  # fmt: skip


class Quote(msgspec.Struct, frozen=True):
    """One place in a reading."""

    origin: str
    netns: str
    excerpt: str
    host: str = ""


class Quotes:
    """Gives each quoted place a reference: the reading's id, with a letter behind it from the second place on."""

    def __init__(self, evidence: tuple[Evidence, ...], words: Words) -> None:
        self._words = words
        self._readings: dict[str, Reading] = {each.id: each for one in evidence for each in one.readings}
        self._hosts = {each.id: one.name for one in evidence for each in one.readings}
        self._quotes: dict[str, Quote] = {}
        self._places: dict[str, list[Quote]] = {}

    def all(self) -> dict[str, Quote]:
        """Return every quote so far, by reference."""
        return dict(self._quotes)

    def decided(self, decided: DecidedBy | None) -> str | None:
        """Return the reference of the place that decided a step, or None if no reading shows it."""
        match decided:
            case RuleDecided(place=place):
                return self._rule(place.evidence, place.text, place.line)
            case SysctlDecided(path=path, value=value, evidence=evidence):
                return self._sysctl(evidence, path, value)
            case RouteDecided(route=route, evidence=evidence, rule=rule, rule_evidence=rule_evidence):
                return self._quote(evidence, route) if evidence else self._quote(rule_evidence, rule)
            case SocketDecided(said=said, evidence=evidence) | LinkDecided(said=said, evidence=evidence):
                return self._quote(evidence, self._words(said))
            case ConntrackDecided(said=said, evidence=evidence):
                return self._quote(evidence, self._words(said))
            case _:
                return None

    def cause(self, cause: CauseAnswer) -> tuple[str, ...]:
        """Return the references of a cause's evidence: the readings that it names, else the one that shows the stop."""
        decided = cause.stop.decided_by
        named = self.named(cause.candidate, decided)
        if named:
            return named
        reference = self.decided(decided)
        if reference is None and isinstance(decided, SocketDecided):
            reference = self.socketless(cause.stop.netns, decided.said)
        return (reference,) if reference is not None else ()

    def named(self, candidate: Candidate, stopped_by: DecidedBy | None = None) -> tuple[str, ...]:
        """Return the references of the readings that a candidate names.  Each quotes the words of the candidate's
        ``where``, else the rule that stopped the packet."""
        where = dict(candidate.where)
        if isinstance(stopped_by, RuleDecided) and "chains" not in where and "rules" not in where:
            where.setdefault("rule", stopped_by.place.text)
        found = [self._named(each, where) for each in candidate.evidence]
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def socketless(self, netns: Netns, said: Message) -> str | None:
        """Return the reference of the reading that lists the namespace's sockets: it shows that a socket is missing."""
        for reading in self._readings.values():
            if self._hosts[reading.id] != netns.host:
                continue
            if reading.netns == netns.name and reading.key in ("sockets", "proc-net-tcp", "proc-net-udp"):
                return self._quote(reading.id, self._words(said))
        return None

    def plain(self, reading_id: str) -> str | None:
        """Return the reference of a reading as a whole (its beginning)."""
        reading = self._readings.get(reading_id)
        return self._quote(reading_id, reading.text.strip() if reading is not None else "")

    def _named(self, reading_id: str, where: dict[str, str]) -> str | None:
        reading = self._readings.get(reading_id)
        if reading is not None and reading.key == "sysctl" and "sysctl" in where:
            return self._sysctl(reading_id, key_parts(where["sysctl"]), where.get("value", ""))
        if reading is not None and reading.key in _ESSENCE:
            return self._quote(reading_id, essence(reading))
        if reading is not None and "iptables" in reading.key and "rule" not in where and "table" in where:
            absent = message("no table {tables}", tables=where["table"])
            return self._quote(reading_id, declarations(reading.text, where["table"]) or self._words(absent))
        wanted = where.get("rule") or where.get("socket") or where.get("route") or where.get("container")
        if reading is None or wanted is None:
            return self._quote(reading_id, wanted or "") if reading is None else self.plain(reading_id)
        line = next((each for each in reading.text.splitlines() if wanted in each), None)
        return self._quote(reading_id, line.strip() if line is not None else wanted)

    def _rule(self, reading_id: str, text: str, line: int) -> str | None:
        """Quote the line as it was read, with its counters; the rule's text if the reading has no such line."""
        reading = self._readings.get(reading_id)
        if reading is not None and line > 0:
            lines = reading.text.splitlines()
            if line <= len(lines) and text in lines[line - 1]:
                return self._quote(reading_id, lines[line - 1])
        return self._quote(reading_id, text)

    def _sysctl(self, reading_id: str, path: Path, value: str) -> str | None:
        return self._quote(reading_id, value, origin="/proc/sys/" + "/".join(path))

    def _quote(self, reading_id: str, excerpt: str, origin: str | None = None) -> str | None:
        if not reading_id:
            return None
        reading = self._readings.get(reading_id)
        netns = reading.netns if reading is not None else ""
        known = reading.origin if reading is not None else ""
        host = self._hosts.get(reading_id, "")
        quote = Quote(origin if origin is not None else known, netns, _shortened(spelt(excerpt)), host)
        places = self._places.setdefault(reading_id, [])
        if quote not in places:
            places.append(quote)
        reference = f"{reading_id}{_letters(places.index(quote))}"
        self._quotes[reference] = quote
        return reference


def declarations(text: str, tables: str) -> str:
    """Return ``*nat`` and the declarations of its chains from iptables-save's text; empty if the table is not there.

    The declarations show which chains are missing."""
    wanted = [f"*{table}" for table in tables.split(", ")]
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("*"):
            inside = line.strip() in wanted
        if inside and line.startswith(("*", ":")):
            kept.append(line)
    return "\n".join(kept)


def essence(reading: Reading) -> str:
    """Return the fields of an engine's JSON that answers refer to; the whole text if it is no JSON."""
    try:
        document = msgspec.json.decode(reading.text, type=dict[str, object])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return reading.text.strip()
    kept: dict[str, object] = {}
    for path in _ESSENCE[reading.key]:
        found = _at(document, path)
        if found not in (None, "", {}, []):
            kept[path.rpartition(".")[2]] = found
    return msgspec.json.format(msgspec.json.encode(kept), indent=0).decode()


def _at(document: object, path: str) -> object:
    """Return the value at a path such as ``State.Status`` of a JSON document, or None."""
    for name in path.split("."):
        if not isinstance(document, dict):
            return None
        document = cast("dict[str, object]", document).get(name)
    return document


def _letters(count: int) -> str:
    """Return the letters of a further place: none for the first, then b, c … z, ba …"""
    if count == 0:
        return ""
    text = ""
    while count:
        text = chr(ord("a") + count % 26) + text
        count //= 26
    return text


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
