"""Takes the evidence of a host, with which ``hairpin snapshot`` and every command without ``--snapshot`` start, and
reads the host's traces."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hairpin.collect.by_hand import evidence_in
from hairpin.collect.run import LocalRunner, Runner, SshRunner, collect, words_of
from hairpin.evidence import file
from hairpin.evidence.reading import Evidence, is_trace, utc_text, with_further


def take(
    host: str | None = None, *, root: str | None = None, only: tuple[str, ...] = (), asks_sets: bool = False
) -> Evidence:
    """Return the evidence of this host, or of ``host`` (USER@HOST) over ssh; raise CollectError.

    ``only``: the containers that are entered.  ``asks_sets``: whether long sets are left out.  See
    :func:`hairpin.collect.run.collect`."""
    return _collected(host, root=root, only=only, asks_sets=asks_sets)


class AskedTraces(msgspec.Struct, frozen=True):
    """The traces that are asked of a host.

    ``since``: the time from which on traces are read, in seconds since the epoch.  If ``since`` is None, traces of the
    last seven days are read.  ``kinds``: the kinds of traces, such as ``units``, ``packages``; empty for all kinds.
    ``trace_all`` in collect.sh has the list of kinds.  ``knows_containers``: whether an evidence of the same moment has
    what Docker tells of each container, so that Docker need not tell it again.  ``logs``: the containers whose last
    lines are read, too, each as :func:`hairpin.collect.container_logs.log_word` names it."""

    since: float | None = None
    kinds: tuple[str, ...] = ()
    knows_containers: bool = False
    logs: tuple[str, ...] = ()


RECENT = AskedTraces()
"""The traces of the last seven days."""


def take_traces(host: str | None = None, *, root: str | None = None, asked: AskedTraces = RECENT) -> Evidence:
    """Return the traces of this host, or of ``host`` (USER@HOST) over ssh: its logs and file times; raise
    CollectError."""
    words = (
        *(() if asked.since is None else (f"since={int(asked.since)}",)),
        *(f"key={each}" for each in asked.kinds),
        *(("known=containers",) if asked.knows_containers else ()),
        *(f"log={each}" for each in asked.logs),
    )
    return _collected(host, root=root, traces=words or ("all",))


def with_traces(evidence: Evidence, traces: Evidence) -> Evidence:
    """Return the evidence with the readings of the traces added after its own readings.  The added readings get the
    next ids of the same host."""
    return with_further(evidence, (each for each in traces.readings if is_trace(each.key)))


def _collected(
    host: str | None,
    *,
    root: str | None,
    only: tuple[str, ...] = (),
    traces: tuple[str, ...] = (),
    asks_sets: bool = False,
) -> Evidence:
    if host is None and not traces and os.geteuid() == 0:
        from hairpin.collect.here import collect_here  # noqa: PLC0415 - snapshots and other hosts need none of it

        return collect_here(LocalRunner(), words_of(root=root, only=only, asks_sets=asks_sets))
    runner: Runner = LocalRunner() if host is None else SshRunner(host)
    started = datetime.now(UTC)
    evidence = collect(runner, root=root, only=only, traces=traces, asks_sets=asks_sets)
    if host is not None:  # the clock of this machine is used to compare the ages of hosts: evidence/several.py
        evidence = msgspec.structs.replace(evidence, collected_at=utc_text(started))
    return evidence


def save(evidence: Evidence, path: Path) -> None:
    """Write a snapshot file; raise EvidenceError if it cannot be written."""
    file.write(evidence, path)


def load(path: Path) -> Evidence:
    """Return the evidence in a file: in a snapshot, or in the output of ``collect.sh``.  Raises the same errors as
    :func:`evidence_in`, and WrongPathError if the file cannot be read."""
    try:
        with path.open("rb") as stream:
            return evidence_in(stream, source=str(path))
    except OSError as error:
        raise file.unreadable(path, error) from error
