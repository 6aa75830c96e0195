"""The folder of kept snapshots, with which ``hairpin diff --last-good`` compares the host.

The folder belongs to one user and has mode 0700; its files have mode 0600.  A file appears whole or not at all.  A
file's name says when the host was read, whether every flow passed at this time, and whether a guard kept it.  The
folder's size is bounded.  The newest file, and the newest file in which every flow passed, are never deleted.  Files of
guards and those of people are counted apart: a guard deletes its own ones only.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from hairpin.errors import EvidenceError
from hairpin.evidence import file
from hairpin.evidence.reading import Evidence, moment
from hairpin.message import Message, message

FOLDER = Path("/var/lib/hairpin/snapshots")
"""The folder of root's kept snapshots."""
KEPT, KEPT_BYTES = 100, 256 * 1024 * 1024
"""The greatest number of files that are kept, and their greatest total size in bytes."""
_NAME = re.compile(r"(\d{8}T\d{6}Z)-(\d{3})-(passing|failing)(-guard)?\.hairpin")


class GuardBounds(msgspec.Struct, frozen=True):
    """How many snapshots of a guard are kept, and how old they may get, in seconds."""

    count: int
    age_s: float


class KeptSnapshot(msgspec.Struct, frozen=True, order=True):
    """A kept snapshot.  ``taken_at``: the time of the snapshot, such as ``20261126T021500Z``.  ``number`` distinguishes
    snapshots that were taken in the same second."""

    taken_at: str
    number: int
    passing: bool
    path: Path
    by_guard: bool = False


def folder_of(state: Path) -> Path:
    """Return the folder of the user who runs hairpin: root's folder, or a folder in the user's own folder ``state``."""
    return FOLDER if os.geteuid() == 0 else state / "snapshots"


def keep_snapshot(evidence: Evidence, folder: Path, *, passing: bool, guard: GuardBounds | None = None) -> Path:
    """Write the evidence into the folder, and return the file's path.  ``passing``: whether every flow passed.
    ``guard``: the bounds of a guard that keeps it; None if a person keeps it.

    Raises EvidenceError if the folder cannot be used."""
    taken_at = re.sub(r"[^0-9TZ]", "", evidence.taken_at)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(folder)
        known = kept_snapshots(folder)
        number = max((each.number + 1 for each in known if each.taken_at == taken_at), default=0)
        kind = f"{'passing' if passing else 'failing'}{'-guard' if guard is not None else ''}"
        path = folder / f"{taken_at}-{number:03}-{kind}.hairpin"
        if _NAME.fullmatch(path.name) is None:
            raise EvidenceError(message("{time} is not a time at which a host was read", time=evidence.taken_at))
        file.write(evidence, path)
        alike = [each for each in kept_snapshots(folder) if each.by_guard == (guard is not None)]
        count = guard.count if guard is not None else KEPT
        for each in surplus(((one, one.path.stat().st_size) for one in alike), count, KEPT_BYTES):
            each.path.unlink(missing_ok=True)
        for each in _too_old(alike, guard):
            each.path.unlink(missing_ok=True)
    except OSError as error:
        raise EvidenceError(_unusable(folder, error)) from error
    return path


def kept_snapshots(folder: Path) -> tuple[KeptSnapshot, ...]:
    """Return the kept snapshots, the newest snapshot first; none if the folder does not exist.

    Raises EvidenceError if other users may write into the folder, or if it cannot be read."""
    try:
        if not folder.is_dir():
            return ()
        _refuse_foreign(folder)
        found = (_kept(each) for each in folder.iterdir())
        return tuple(sorted((each for each in found if each is not None), reverse=True))
    except OSError as error:
        raise EvidenceError(_unusable(folder, error)) from error


def _kept(path: Path) -> KeptSnapshot | None:
    match = _NAME.fullmatch(path.name)
    if match is None or not path.is_file():
        return None
    return KeptSnapshot(match[1], int(match[2]), match[3] == "passing", path, match[4] is not None)


def _too_old(kept: list[KeptSnapshot], guard: GuardBounds | None) -> Iterator[KeptSnapshot]:
    """Yield the snapshots of a guard that are too old for its bounds, but for the newest one."""
    newest = moment(kept[0].taken_at) if kept else None
    if guard is None or newest is None:
        return
    for each in kept[1:]:
        at = moment(each.taken_at)
        if at is not None and newest - at > guard.age_s:
            yield each


def surplus(kept: Iterable[tuple[KeptSnapshot, int]], count: int, size: int) -> Iterator[KeptSnapshot]:
    """Yield the oldest snapshots, which exceed the greatest number or the greatest total size in bytes.  The newest
    snapshot, and the newest snapshot in which every flow passed, are never yielded.

    ``kept``: the snapshots with their sizes, the newest snapshot first."""
    total, has_passing = 0, False
    for number, (each, own) in enumerate(kept):
        total += own
        is_last_good = each.passing and not has_passing
        has_passing = has_passing or each.passing
        if number and not is_last_good and (number >= count or total > size):
            yield each


def _refuse_foreign(folder: Path) -> None:
    """Raise EvidenceError if other users may write into the folder.  Such users could forge a host's state."""
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise EvidenceError(message("other users can write to {folder}, so hairpin does not trust it", folder=folder))


def _unusable(folder: Path, error: OSError) -> Message:
    return message("the kept snapshots in {folder} cannot be used: {reason}", folder=folder, reason=error.strerror)
