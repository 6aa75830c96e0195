"""What the managers of rules complain of: firewalld, and the units that load rules or settings."""

import re
from collections.abc import Iterator

from hairpin.message import message
from hairpin.story.entry import StoryEntry
from hairpin.story.line import Line
from hairpin.story.traces import Traces

_LOG = re.compile(r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:,\d+)? (?P<said>(?:ERROR|WARNING).*)$", re.MULTILINE)
_SPEAKERS = frozenset({
    "firewalld", "iptables-restore", "ip6tables-restore", "iptables", "ip6tables", "nft", "ufw-init", "sysctl",
    "systemd-sysctl", "netfilter-persistent", "run-parts", "ifup", "iptables.init", "ip6tables.init",
})  # fmt: skip
_NOISE = re.compile(r"COMMAND_FAILED.*(?:No chain|does not exist|Bad rule|Device or resource busy|NOT_ENABLED)")
"""firewalld logs each of dockerd's tries to take away a chain that is not there, or is in use."""
_MOST = 40


def firewall_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield each kind of complaint once, from its first to its last time."""
    kinds: dict[tuple[str, str], list[Line]] = {}
    for line in sorted(_lines(traces), key=lambda each: each.at):
        if not _NOISE.search(line.message):
            kinds.setdefault((line.program, line.message), []).append(line)
    for (program, said), found in list(kinds.items())[:_MOST]:
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
