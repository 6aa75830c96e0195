"""Plain checks of a host of ten containers beside those of another commit, and its events, in one run.

Both run in turn on one lab host, so that a machine that grows slower does so for both.  Without the replica, which is
the same for both: a time is the processor time of the command and of all that it starts.
"""

import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.whole import EVENTS, PORT, line_of, spent
from hairpin.lab.build import running_lab
from hairpin.lab.plan import LabPlan

_CONTAINERS = 10
_RUNS = 9


class Beside(msgspec.Struct, frozen=True):
    """The processor time that a command takes in this tree, and in the other one; None: the other has no such command.
    ``promised``: the ratio, or the seconds where there is no other."""

    name: str
    here: float
    there: float | None
    promised: float


def beside(commit: str) -> Iterator[Beside]:
    """Yield what the commands cost here and in the tree of the commit."""
    with TemporaryDirectory() as folder, running_lab(LabPlan(fillers=_CONTAINERS - 1)) as lab:
        other = _unpacked(commit, Path(folder))
        asked = (("one port", (*PORT, "--no-replica"), 1.25), ("everything", ("--no-replica",), 1.6))
        for name, arguments, promised in asked:
            line = line_of(*arguments)
            here, there = spent(lab, (line, f"PYTHONPATH={other} {line}"), _RUNS)
            yield Beside(name, here.least, there.least, promised)
        (events,) = spent(lab, (line_of(command=EVENTS),), 3)
        yield Beside("everything under all events", events.least, None, 2.0)


def _unpacked(commit: str, folder: Path) -> Path:
    packed = subprocess.run(("git", "archive", commit, "src"), check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        if hasattr(tarfile, "data_filter"):  # Python 3.11.4; git's own archive is trusted without it
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder)  # noqa: S202 - as above
    return folder / "src"
