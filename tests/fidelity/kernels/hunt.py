"""The outer half of the hunt on another kernel: judges what the guest has asked, as it comes."""

import re
import sys
import time
from pathlib import Path

import msgspec

from tests.fidelity.judge import compare
from tests.fidelity.kernels.exchange import Asked, enough, read
from tests.fidelity.report import Run
from tests.fidelity.tell import disagreement_text


class Judging:
    """Judges the guest's cases; after ``pairs`` pairs, or ``seconds``, it says that it is enough, and has ``shrink`` of
    them shrunk."""

    def __init__(self, name: str, folder: Path, seed: int, pairs: int, shrink: int, seconds: float) -> None:
        self._name = name
        self.folder = folder
        self.run = Run(seed)
        self.links: set[str] = set()
        self._next = seed
        self._pairs = pairs
        self._shrink = shrink
        self._seconds = seconds
        self._differing: list[int] = []
        self._done = False
        self._started = time.monotonic()
        for path in (*folder.glob("*.asked"), *folder.glob("*.json"), folder / "enough"):
            path.unlink(missing_ok=True)

    def look(self) -> None:
        """Judge what has come."""
        while not self._done:
            asked = read(self.folder, self._next)
            if asked is None:
                return
            self._judge(self._next, asked)
            self._next += 1
            self.run.seconds = time.monotonic() - self._started
            if self.run.packets >= self._pairs or self.run.seconds >= self._seconds:
                self._done = True
                enough(self.folder, self._differing[: self._shrink])

    def _judge(self, number: int, asked: Asked) -> None:
        if isinstance(asked.answer, str):
            self.run.add(asked.answer)
            sys.stdout.write(f"{self._name}: case {number} refused: {asked.answer[:400]}\n")
            return
        found = compare(asked.answer)
        self.run.add(found)
        if found.disagreements:
            self._differing.append(number)
            (self.folder / f"{number}.json").write_bytes(msgspec.json.encode(asked.case))
            sys.stdout.write(f"{self._name}: case {number}: {disagreement_text(found.disagreements[0])}")
        else:
            lines = (line for each in asked.case.namespaces for line in each.setup)
            self.links.update(kind for line in lines for kind in re.findall(r" type (\w+)", line))
        if self.run.packets // _SHOWN > (self.run.packets - found.packets) // _SHOWN:
            sys.stdout.write(f"{self._name}: {self.run.packets} pairs\n")
        sys.stdout.flush()


_SHOWN = 1000
"""After so many pairs a line says how far it is."""
