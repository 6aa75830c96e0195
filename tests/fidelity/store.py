"""``python -m tests.fidelity.store NAME ABOUT CASE.json``: keeps a case with the kernel's answer."""

import os
import sys
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.kernel import ask
from tests.fidelity.regressions import Regression, keep


def main(name: str, about: str, path: str) -> None:
    """Ask the kernel, and write the file."""
    case = msgspec.json.decode(Path(path).read_bytes(), type=Case)
    turns = ask(case).turns
    events = tuple((number, tuple(turn.events for turn in found)) for number, found in turns)
    keep(name, Regression(about, os.uname().release, case, events))


if __name__ == "__main__":
    main(*sys.argv[1:])
