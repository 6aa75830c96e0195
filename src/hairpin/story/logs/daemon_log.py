"""Entries from daemons' logs: errors of dockerd and containerd, reloads of dockerd's settings and of firewalld, and
errors of rule managers (firewalld, the units that load rules or settings).
"""

import re
from collections.abc import Iterator

from hairpin.message import message
from hairpin.programs import PROGRAMS
from hairpin.story.entry import Effect, StoryEntry
from hairpin.story.line import Line
from hairpin.story.logs.units import UnitChange, unit_changes
from hairpin.story.traces import Traces

_LOGFMT = re.compile(r'level=(?P<level>\w+) msg="(?P<said>(?:[^"\\]|\\.)*)"(?P<more>.*)')
_ERROR = re.compile(r'\berror="(?P<said>(?:[^"\\]|\\.)*)"')
_ZONE = "Firewalld: interface docker0 already part of docker zone"
"""The text of the line that dockerd logs when it puts docker0 into its zone in firewalld.  dockerd does this at its own
start, and after each reload of firewalld."""
_STARTS_S = 3.0
_ONE_RELOAD_S = 10.0
_VARIES = re.compile(r"\b[0-9a-f]{12,64}\b|\b\d+\b")
_MOST = 40
"""The greatest number of different errors that are reported."""
_LOG = re.compile(r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:,\d+)? (?P<said>(?:ERROR|WARNING).*)$", re.MULTILINE)
_SPEAKERS = frozenset({
    "iptables-restore", "ip6tables-restore", "iptables", "ip6tables", "nft", "sysctl", "run-parts",
    *(name for each in PROGRAMS for name in each.logs_as),
})  # fmt: skip
_NOISE = re.compile(r"COMMAND_FAILED.*(?:No chain|does not exist|Bad rule|Device or resource busy|NOT_ENABLED)")
"""Matches errors that are left out: firewalld logs each attempt of dockerd to delete a chain that does not exist or is
in use."""
_MOST_COMPLAINTS = 40


def engine_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each reload, and one entry for each kind of error, with the first and last time of the
    error."""
    lines = traces.lines("trace-engines")
    changes = [each for each in unit_changes(traces) if each.unit in ("docker.service", "firewalld.service")]
    yield from _errors(traces, lines)
    told = 0.0
    for line in lines:
        if "Processing signal 'hangup'" in line.message and not _near(line.at, changes, "docker.service"):
            yield _entry(traces, line, Effect(event="docker-reload"))
        elif _ZONE in line.message and not _near(line.at, changes, "docker.service"):
            if line.at - told > _ONE_RELOAD_S and not _near(line.at, changes, "firewalld.service"):
                yield _entry(traces, line, Effect(event="firewalld-reload"))
            told = line.at


def _entry(traces: Traces, line: Line, effect: Effect) -> StoryEntry:
    is_firewall = effect.event == "firewalld-reload"
    return StoryEntry(
        at=line.at,
        kind="firewall" if is_firewall else "engine",
        what=(
            message("firewalld was reloaded, as dockerd's log shows")
            if is_firewall
            else message("dockerd read its settings again")
        ),
        subject="firewalld.service" if is_firewall else "docker.service",
        evidence=line.evidence,
        effect=effect,
        quote=line.message,
        host=traces.host,
    )


def _near(at: float, changes: list[UnitChange], unit: str) -> bool:
    """Return whether the unit was started, stopped or reloaded at about the given time."""
    return any(each.unit == unit and each.at - _STARTS_S <= at <= each.until + _STARTS_S for each in changes)


def _errors(traces: Traces, lines: tuple[Line, ...]) -> Iterator[StoryEntry]:
    kinds: dict[str, list[tuple[Line, str]]] = {}
    for line in lines:
        told = _LOGFMT.search(line.message)
        if told is None or told["level"] not in ("error", "fatal"):
            continue
        cause = _ERROR.search(told["more"])
        said = f"{told['said']}: {cause['said']}" if cause is not None else told["said"]
        kinds.setdefault(_VARIES.sub("#", said), []).append((line, said.replace('\\"', '"')))
    for found in list(kinds.values())[:_MOST]:
        (line, said), last = found[0], found[-1][0]
        yield StoryEntry(
            at=line.at,
            kind="engine",
            what=(
                message("{program} said: {words}", program=line.program, words=said)
                if len(found) == 1
                else message(
                    "{program} said {count} times: {words}", program=line.program, count=len(found), words=said
                )
            ),
            subject=line.program,
            evidence=line.evidence,
            until=last.at if last.at > line.at else None,
            quote=line.message,
            host=traces.host,
        )


def firewall_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield one entry for each kind of error, with the first and last time of the error."""
    kinds: dict[tuple[str, str], list[Line]] = {}
    for line in sorted(_lines(traces), key=lambda each: each.at):
        if not _NOISE.search(line.message):
            kinds.setdefault((line.program, line.message), []).append(line)
    for (program, said), found in list(kinds.items())[:_MOST_COMPLAINTS]:
        yield StoryEntry(
            at=found[0].at,
            kind="firewall",
            what=(
                message("{program} said: {words}", program=program, words=said)
                if len(found) == 1
                else message("{program} said {count} times: {words}", program=program, count=len(found), words=said)
            ),
            subject=program,
            evidence=found[0].evidence,
            until=found[-1].at if found[-1].at > found[0].at else None,
            quote=said,
            host=traces.host,
        )


def _lines(traces: Traces) -> Iterator[Line]:
    told: set[str] = set()
    for line in traces.lines("trace-firewalls"):
        if line.program in _SPEAKERS:
            told.add(line.message)
            yield line
    for reading in traces.readings("trace-firewalls"):
        for found in _LOG.finditer(reading.text):
            at = traces.clock.local(found["at"])
            if at is not None and at >= traces.clock.since and found["said"] not in told:
                yield Line(at, "firewalld", "", found["said"], reading.id)
