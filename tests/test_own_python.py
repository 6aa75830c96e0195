"""A second process of hairpin, started by the Python of this one."""

import subprocess
import sys

import pytest

from hairpin.own_python import own_python


def test_it_is_python() -> None:
    done = subprocess.run((*own_python(), "-I", "-c", "print(6 * 7)"), capture_output=True, check=True)
    assert done.stdout == b"42\n"


def test_the_executable_file_is_told_to_be_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_python() == (sys.executable, "--python")
