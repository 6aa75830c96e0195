"""Runs the command line in this process."""

import functools
import tempfile
from pathlib import Path

import pytest

from hairpin.cli.main import run
from hairpin.evidence.file import write
from tests.report.answers import Replacement, evidence


class Ended:
    """How a call ended."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Return status, standard output and standard error of ``hairpin ARGUMENTS``."""
    status = run(list(arguments))
    captured = capsys.readouterr()
    return Ended(status, captured.out, captured.err)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="hairpin-test-")


@functools.cache
def snapshot(*replacements: Replacement) -> str:
    """Return a snapshot file of the fixture host with some of its text replaced."""
    path = Path(_folder().name) / f"{abs(hash(replacements))}.hairpin"
    write(evidence(*replacements), path)
    return str(path)
