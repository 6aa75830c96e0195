"""Boots a guest and runs a command in it, with what this machine has; and what judges in a guest use there."""

import subprocess
import tempfile
from pathlib import Path

from hairpin.lab.node import Node
from tests.fidelity.kernels.machine import run
from tests.guests.packages import cache_folder, install_programs, kernel


def in_guest(name: str, command: str, *, limit_s: float) -> None:
    """Run the command (sh) in a guest of that Debian kernel; raises GuestError if it fails, or does not end in time."""
    install_programs()
    with tempfile.TemporaryDirectory() as results:
        run(kernel(name, cache_folder()), command, Path(results), limit_s=limit_s, look=lambda: None)


def place(netns: str = "") -> Node:
    """Return the guest itself, or one of its named namespaces."""
    return Node(netns or "guest", 0, ("ip", "netns", "exec", netns) if netns else ())


def sh(command: str, netns: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a script in the guest, or in one of its named namespaces."""
    return subprocess.run((*place(netns).enter, "sh", "-c", command), capture_output=True, text=True, check=False)


def must(command: str) -> None:
    """Run a script that may not fail."""
    done = sh(command)
    assert done.returncode == 0, done.stderr
