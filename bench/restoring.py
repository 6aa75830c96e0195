"""``hairpin restore`` beside a restart of the daemon, on hosts that have lost the rules of their filter table.

Elapsed times: a restart waits for the engine and for its containers, so its processor time says nothing.  *Rules back*
is the moment in which restore says that its load is done; the rest of it reads the host again and walks every flow.
"""

import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.run import environment
from tests.restoring.connections import LOSS

SIZES = (1, 10, 100)
RESTART = "/etc/init.d/docker restart"
_RESTORE = (sys.executable, "-m", "hairpin", "restore")
_APPLY = (*_RESTORE, "--apply", "--yes")
_DONE = "in one load"


class OfRestore(msgspec.Struct, frozen=True):
    """Seconds: ``plan``: printed only; ``rules_back`` and ``verified``: since the start of ``restore --apply``."""

    containers: int
    plan: float
    rules_back: float
    verified: float
    restart: float


def of_restores() -> Iterator[OfRestore]:
    """Yield the times on a host of each size."""
    for size in SIZES:
        with running_lab(LabPlan(containers=(), fillers=size)) as lab:
            lab.host.run(LOSS)
            began = time.monotonic()
            subprocess.run((*lab.host.enter, *_RESTORE), env=environment(), stdout=subprocess.DEVNULL, check=False)
            planned = time.monotonic() - began
            back, verified = _restored(lab)
            lab.host.run(LOSS)
            began = time.monotonic()
            lab.host.run(RESTART, timeout_s=300)
            yield OfRestore(size, planned, back, verified, time.monotonic() - began)


def _restored(lab: Lab) -> tuple[float, float]:
    """Return when the rules were back, and when restore had verified them."""
    began, back = time.monotonic(), 0.0
    with subprocess.Popen(
        (*lab.host.enter, *_APPLY), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if _DONE in line:
                back = time.monotonic() - began
    if process.returncode or not back:
        raise RuntimeError(f"restore ended with status {process.returncode}; rules back after {back:.1f} s")
    return back, time.monotonic() - began
