"""How this very hairpin runs inside a lab host.  Overlays keep the checkout and its interpreter visible there."""

import sys
from pathlib import Path

import hairpin
from hairpin.lab.node import ENVIRONMENT

HAIRPIN = (sys.executable, "-m", "hairpin")
TIMEOUT_S = 120.0
"""How long one call may take: the machine may be busy with other labs."""


def environment() -> dict[str, str]:
    """Return the environment in which ``HAIRPIN`` finds its package, installed or not."""
    return ENVIRONMENT | {"PYTHONPATH": str(Path(hairpin.__file__).parents[1])}
