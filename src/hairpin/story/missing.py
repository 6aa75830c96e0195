"""Finds missing traces, and why they are missing: logs that do not exist, are unreadable, are cut, or begin after the
asked time."""

from collections.abc import Iterator
from datetime import UTC, datetime

from hairpin.evidence.reading import CUT, Evidence, Reading, is_trace
from hairpin.host.host import Unread
from hairpin.message import Message, message
from hairpin.story.traces import Traces, traces_of

_SLACK_S = 3600.0


def missing_of(traces: Traces, since: float) -> tuple[Unread, ...]:
    """Return the traces that are missing for the time from ``since`` on."""
    return tuple(_missing(traces, since))


def _missing(traces: Traces, since: float) -> Iterator[Unread]:
    clock, host = traces.clock, traces.host
    readings = [each for each in traces.evidence.readings if is_trace(each.key)]
    if not readings:
        yield Unread(
            "trace",
            "",
            "hairpin snapshot",
            message("no logs or other records were read: this snapshot has none"),
            "",
            host,
        )
        return
    refused: set[str] = set()
    for reading in readings:
        if reading.outcome in ("refused", "failed") and reading.text not in refused:
            refused.add(reading.text)
            yield Unread(reading.key, "", reading.origin, reading.text, reading.id, host)
        elif reading.status == CUT or "\n# truncated" in reading.text or reading.text.startswith("# truncated"):
            yield _unread(
                reading, message("the records are longer than hairpin reads: the oldest part is missing"), host
            )
    clock_reading = traces.evidence.find("trace-clock", "")
    if clock_reading is not None:
        for said in _of_journal(traces, since):
            yield _unread(clock_reading, said, host, "trace-journal")
    events = traces.evidence.find("trace-docker-events", "")
    if events is not None and events.outcome == "text":
        yield _unread(
            events,
            message(
                "Docker remembers the last 256 events since it started. Of earlier events, it remembers only the last "
                "start and end of each container"
            ),
            host,
        )
    if clock.journal == "none" and not any(each.key == "trace-syslog" and each.outcome == "text" for each in readings):
        yield Unread(
            "trace-syslog", "", "/var/log",
            message("this host has neither a journal nor a syslog file, so hairpin does not know what its units did"),
            clock.evidence, host,
        )  # fmt: skip


def tells_from(evidence: Evidence, at: float) -> bool:
    """Return whether all traces of the host begin before the given time (seconds since the epoch) and are complete."""
    clock = traces_of(evidence).clock
    read = [each for each in evidence.readings if is_trace(each.key)]
    begins = clock.journal_begins if clock.journal_begins is not None else at
    return bool(read) and max(clock.since, begins) <= at and not any("# truncated" in each.text for each in read)


def _of_journal(traces: Traces, since: float) -> Iterator[Message]:
    clock = traces.clock
    if clock.journal == "volatile":
        yield message(
            "the journal is kept in memory only, so it has no entries of earlier boots; `mkdir /var/log/journal` makes "
            "it permanent"
        )
    begins = clock.journal_begins
    if clock.journal == "persistent" and begins is not None and begins > since + _SLACK_S:
        at = datetime.fromtimestamp(begins, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        yield message("the journal begins at {at}; earlier entries were deleted, or never existed", at=at)


def _unread(reading: Reading, said: Message, host: str, key: str = "") -> Unread:
    return Unread(key or reading.key, "", reading.origin, said, reading.id, host)


def could_not_read(hosts: tuple[Evidence, ...]) -> bool:
    """Return whether the reading of a trace was refused or failed, or whether a host has no trace at all."""
    return any(
        not read or any(each.outcome in ("refused", "failed") or each.status == CUT for each in read)
        for read in ([each for each in host.readings if is_trace(each.key)] for host in hosts)
    )
