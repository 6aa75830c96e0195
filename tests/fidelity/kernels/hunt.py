"""The part of the hunt on another kernel that runs outside the guest: compares the guest's answers as they come."""

import re
import sys
import time
from itertools import chain, count
from pathlib import Path

import msgspec

from hairpin.host.read.ip.links_json import TUNNELS
from tests.fidelity.judge.compare import Judgement, compare
from tests.fidelity.judge.text import disagreement_text
from tests.fidelity.kernels.exchange import Asked, enough, kept, read, write
from tests.fidelity.report import Run
from tests.fidelity.testbed.netns import SetupError


class Judging:
    """Judges the guest's cases: first the kept ones (with ``every`` this machine's, too), then fresh ones.

    After ``pairs`` pairs of fresh ones, or ``seconds``, it tells the guest to stop, and to shrink ``shrink`` of
    them.
    """

    def __init__(
        self, name: str, folder: Path, seed: int, pairs: int, shrink: int, seconds: float, *, every: bool = False
    ) -> None:
        self._name = name
        self.folder = folder
        self.run = Run(seed)
        self.links: set[str] = set()
        self.tunnelled = 0
        """Pairs in networks with a tunnel, if the whole network agreed."""
        self.left_out: list[str] = []
        self._names = chain(kept(every=every), map(str, count(seed)))
        self._next = next(self._names)
        self._pairs = pairs
        self._shrink = shrink
        self._seconds = seconds
        self._differing: list[str] = []
        self._done = False
        self._started = time.monotonic()
        for path in (*folder.glob("*.asked"), *folder.glob("*.json"), folder / "enough"):
            path.unlink(missing_ok=True)

    def look(self) -> None:
        """Judge the cases that have arrived."""
        while not self._done:
            asked = read(self.folder, self._next)
            if asked is None:
                return
            self._judge(self._next, asked)
            self._next = next(self._names)
            self.run.seconds = time.monotonic() - self._started
            if self.run.packets >= self._pairs or self.run.seconds >= self._seconds:
                self._done = True
                enough(self.folder, self._differing[: self._shrink])

    def _judge(self, name: str, asked: Asked) -> None:
        fresh = name.isdecimal()
        found = _found(asked)
        if isinstance(found, str):
            if fresh:  # not every kernel can build all kept cases
                self.run.add(found)
                self.left_out.append(_reason(found))
                self._say(f"case {name} left out: {found[:400]}")
            return
        if found.disagreements:
            (self.folder / f"{name}.json").write_bytes(msgspec.json.encode(asked.case))
            write(self.folder, f"{name}.differs", asked)  # can be compared again without a guest
            self._say(f"case {name}: {disagreement_text(found.disagreements[0]).rstrip()}")
        if not fresh:
            self.run.differing += bool(found.disagreements)
            return
        self.run.add(found)
        if found.disagreements:
            self._differing.append(name)
        else:
            lines = (line for each in asked.case.namespaces for line in each.setup)
            kinds = {kind for line in lines for kind in re.findall(r" type (\w+)", line)}
            self.links |= kinds
            self.tunnelled += found.packets * bool(kinds & set(TUNNELS))
        if self.run.packets // _SHOWN > (self.run.packets - found.packets) // _SHOWN:
            self._say(f"{self.run.packets} pairs")

    def _say(self, text: str) -> None:
        sys.stdout.write(f"{self._name}: {text}\n")
        sys.stdout.flush()


def _found(asked: Asked) -> Judgement | str:
    """Return the comparison of walk and guest, or why they cannot be compared."""
    if isinstance(asked.answer, str):
        return asked.answer
    try:
        return compare(asked.answer)
    except SetupError as error:
        return str(error)


def _reason(refused: str) -> str:
    """Return the line with the reason: a tool prints the refused text before it."""
    lines = refused.splitlines()
    return next((line for line in lines if "Error" in line or "failed" in line), lines[0] if lines else "")


_SHOWN = 1000
"""A progress line is printed after so many pairs."""
