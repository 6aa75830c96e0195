"""Tests that run hairpin as another user need a checkout that this user can read."""

import subprocess
import sys

import pytest

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
"""The words before a command that another user runs."""


def require_readable_checkout() -> None:
    """Skip the test where another user cannot start hairpin, as in a checkout below /root."""
    tried = subprocess.run(
        (*NOBODY, sys.executable, "-c", "import hairpin"), capture_output=True, text=True, check=False
    )
    if tried.returncode and ("PermissionError" in tried.stderr or "ModuleNotFoundError" in tried.stderr):
        pytest.skip("another user cannot read this checkout")
