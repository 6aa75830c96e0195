"""Whether the files of the running program were replaced, as an upgrade does, or removed.

A guard that goes on with the old program would load parts of the new one.  An upgrade takes some seconds, in which
files are missing or are written again, so only a state that stays counts.
"""

from pathlib import Path
from typing import Literal, NamedTuple

ProgramState = Literal["same", "replaced", "removed"]
STAYS_S = 5.0
"""A state counts if it is the same for this time, in seconds."""


class _Stamp(NamedTuple):
    """What a replaced file does not keep."""

    inode: int
    size: int
    written_ns: int


class ProgramWatch:
    """The files of a program as they were at its start.  Code inside an executable file has no file of its own."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = tuple(each for each in files if each.exists())
        self._first = self._seen = self._stamps()
        self._since_s: float | None = None

    def state(self, now_s: float) -> ProgramState:
        """Return what became of the program, as far as that is settled.  ``now_s``: of a clock that never goes back."""
        found = self._stamps()
        if found != self._seen:
            self._seen, self._since_s = found, now_s
        if self._since_s is None or now_s - self._since_s < STAYS_S or found == self._first:
            return "same"
        return "removed" if None in found else "replaced"

    def _stamps(self) -> tuple[_Stamp | None, ...]:
        return tuple(map(_stamp, self._files))


def _stamp(path: Path) -> _Stamp | None:
    try:
        known = path.stat()
    except OSError:
        return None
    return _Stamp(known.st_ino, known.st_size, known.st_mtime_ns)
