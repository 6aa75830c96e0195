"""Boots a guest and runs a command in it, with what this machine has."""

import shlex
import sys
import tempfile
from pathlib import Path

from tests.fidelity.kernels.machine import run
from tests.guests.packages import cache_folder, install_programs, kernel

ROOT = Path(__file__).resolve().parents[2]


def in_guest(name: str, command: str, *, limit_s: float = 1500) -> None:
    """Run the command (sh) in a guest of that Debian kernel; raises GuestError if it fails, or does not end in time."""
    install_programs()
    with tempfile.TemporaryDirectory() as results:
        run(kernel(name, cache_folder()), command, Path(results), limit_s=limit_s, look=lambda: None)


def inside(module: str) -> str:
    """Return the command that runs the module in the guest, where it judges."""
    return f"cd {shlex.quote(str(ROOT))} && PYTHONPATH=src {shlex.quote(sys.executable)} -m {module} --inside\n"
