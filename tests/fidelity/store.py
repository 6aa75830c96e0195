"""``python -m tests.fidelity.store NAME ABOUT CASE.json``: keeps a case with the kernel's answer."""

import os
import sys
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.regressions import Regression, events_of, keep
from tests.fidelity.testbed.ask import ask


def main(name: str, about: str, path: str) -> None:
    """Ask the kernel, and write the file."""
    case = msgspec.json.decode(Path(path).read_bytes(), type=Case)
    answers = ask(case), ask(case)
    any_port = len({events_of(each, any_port=False) for each in answers}) > 1
    events = events_of(answers[0], any_port=any_port)
    keep(name, Regression(about, os.uname().release, case, events, any_port))


if __name__ == "__main__":
    main(*sys.argv[1:])
