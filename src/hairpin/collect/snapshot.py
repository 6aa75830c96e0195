"""Takes a snapshot: what ``hairpin snapshot`` and every command without ``--snapshot`` start from."""

from pathlib import Path

from hairpin.collect.run import LocalRunner, Runner, SshRunner, collect
from hairpin.evidence import file
from hairpin.evidence.reading import Evidence
from hairpin.evidence.redact import redact


def take(host: str | None = None, *, root: str | None = None, redacted: bool = False) -> Evidence:
    """Return the evidence of this host, or of ``host`` (USER@HOST) over ssh; raise CollectError."""
    runner: Runner = LocalRunner() if host is None else SshRunner(host)
    evidence = collect(runner, root=root)
    return redact(evidence) if redacted else evidence


def save(evidence: Evidence, path: Path) -> None:
    """Write a snapshot file; raise EvidenceError."""
    file.write(evidence, path)


def load(path: Path) -> Evidence:
    """Return what a snapshot file holds; raise EvidenceError."""
    return file.read(path)
