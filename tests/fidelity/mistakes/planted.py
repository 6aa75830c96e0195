"""A copy of the package with one mistake in it, and the process that judges cases by that copy.

The product knows nothing of it: no switch, nothing replaced in a running process.
"""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.fidelity.mistakes.catalogue import Mistake
from tests.fidelity.testbed.ask import Answer

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src" / "hairpin"


class PlantError(Exception):
    """A mistake that cannot be planted: its place in the source has changed."""


def copy_with(mistake: Mistake, folder: Path) -> Path:
    """Copy the package into the folder and make the mistake there; return the copy's path."""
    text = (SOURCE / mistake.file).read_text("utf-8")
    places = text.count(mistake.right)
    if places != 1:
        raise PlantError(f"{mistake.name}: {mistake.file} has {places} times, not once:\n{mistake.right}")
    copy = folder / SOURCE.name
    shutil.copytree(SOURCE, copy)
    (copy / mistake.file).write_text(text.replace(mistake.right, mistake.mistaken), "utf-8")
    return copy


def write(answer: Answer, path: Path) -> None:
    """Write the kernel's answer for a judging process."""
    path.write_bytes(pickle.dumps(answer))


class Judging:
    """The process that imports the copy (``judging``)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def judge(self, path: Path) -> tuple[int, bool]:
        """Return how many packets of the kept answer were compared, and whether the walk disagrees."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        packets, differs = self._process.stdout.readline().split()
        return int(packets), differs == "differs"


@contextmanager
def planted(mistake: Mistake) -> Generator[Judging]:
    """Yield a process whose walk makes the mistake; it ends when its standard input is closed."""
    with tempfile.TemporaryDirectory(prefix="hairpin-mistake-") as folder:
        copy = copy_with(mistake, Path(folder))
        argv = (sys.executable, "-m", "tests.fidelity.mistakes.judging", str(copy))
        environment = os.environ | {"PYTHONPATH": str(copy.parent)}
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
            yield Judging(process)
