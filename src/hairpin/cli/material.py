"""Reads what a command works on: evidence now, over ssh or from a file, and the file of ``--outside``."""

import sys
from pathlib import Path

from hairpin.collect.snapshot import load, take
from hairpin.errors import UsageError
from hairpin.evidence.reading import Evidence
from hairpin.message import message
from hairpin.network.world import World
from hairpin.question.outside import parse_world


def gather(snapshots: tuple[str, ...], host: str | None) -> tuple[Evidence, ...]:
    """Return the evidence of each host, this one first; raise UsageError, CollectError or EvidenceError."""
    if len(snapshots) > 1:
        raise UsageError(message("several --snapshot: this version examines one host at a time; name one"))
    if snapshots and host is not None:
        raise UsageError(
            message("--snapshot and --host exclude each other: a snapshot is read here, a host is asked now")
        )
    if snapshots:
        return (load(Path(snapshots[0])),)
    if host is None and sys.platform != "linux":
        raise UsageError(
            message(
                "this is not a Linux host ({platform}): examine one with --host USER@HOST or --snapshot FILE",
                platform=sys.platform,
            )
        )
    return (take(host),)


def stated_world(path: str | None) -> World:
    """Return what the file of ``--outside`` states (None: nothing); raise UsageError."""
    if path is None:
        return World()
    try:
        return parse_world(Path(path).read_bytes().decode(), path)
    except OSError as error:
        raise UsageError(
            message("--outside {path}: cannot be read: {reason}", path=path, reason=error.strerror)
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(message("--outside {path}: cannot be read: {reason}", path=path, reason=error)) from error
