"""Takes a snapshot: what ``hairpin snapshot`` and every command without ``--snapshot`` start from."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hairpin.collect.run import LocalRunner, Runner, SshRunner, collect
from hairpin.evidence import file
from hairpin.evidence.reading import Evidence


def take(host: str | None = None, *, root: str | None = None, only: tuple[str, ...] = ()) -> Evidence:
    """Return the evidence of this host, or of ``host`` (USER@HOST) over ssh; raise CollectError.

    ``only``: the containers to enter, see :func:`hairpin.collect.run.collect`."""
    runner: Runner = LocalRunner() if host is None else SshRunner(host)
    started = datetime.now(UTC)
    evidence = collect(runner, root=root, only=only)
    if host is not None:  # ages of hosts are compared by this machine's clock: evidence/several.py
        at = started.isoformat(timespec="seconds").replace("+00:00", "Z")
        evidence = msgspec.structs.replace(evidence, collected_at=at)
    return evidence


def save(evidence: Evidence, path: Path) -> None:
    """Write a snapshot file; raise EvidenceError."""
    file.write(evidence, path)


def load(path: Path) -> Evidence:
    """Return what a snapshot file holds; raise EvidenceError."""
    return file.read(path)
