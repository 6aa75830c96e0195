"""Tells how to run this installation of hairpin inside a lab host, where overlays show the same checkout and
interpreter."""

import sys
from pathlib import Path

import hairpin
from hairpin.lab.node import ENVIRONMENT

HAIRPIN = (sys.executable, "-m", "hairpin")
TIMEOUT_S = 120.0
"""The time limit for one run of hairpin in a lab host.

The limit is long because the machine may be busy with other labs."""


def environment() -> dict[str, str]:
    """Return the environment in which the command ``HAIRPIN`` finds hairpin's package, even if it is not installed."""
    return ENVIRONMENT | {"PYTHONPATH": str(Path(hairpin.__file__).parents[1])}
