"""``python -m tests.restoring.connections [COUNT…]``: 100 connections that a loss has left alive, while ``hairpin
restore`` puts the rules back, on hosts of so many containers (root).  How long that takes: ``make bench``."""

import subprocess
import sys
import time
from typing import IO

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.engine import FIRST_FILLER_PORT
from hairpin.lab.node import DIE_WITH_PARENT
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import HOST
from tests.machine.hairpin import typed
from tests.restoring import held

COUNTS = (1, 10, 100)
CONNECTIONS = 100
LOSS = "iptables -P FORWARD ACCEPT; iptables -F"
"""Takes the rules and leaves what is open alive: with the nat rules the kernel still tracks connections."""


def main() -> int:
    """Try each count; the exit status is 1 if a connection did not go on."""
    wrong = 0
    for count in tuple(map(int, sys.argv[1:])) or COUNTS:
        with running_lab(LabPlan(containers=(), fillers=count)) as lab:
            wrong += _tried(lab, count)
    return int(bool(wrong))


def _tried(lab: Lab, containers: int) -> bool:
    ports = ",".join(str(FIRST_FILLER_PORT + n) for n in range(containers))
    argv = ("python3", "-I", "-S", held.__file__, HOST, ports, str(CONNECTIONS))
    with subprocess.Popen(
        (*DIE_WITH_PARENT, *lab.client.enter, *argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holding:
        _line(holding.stdout)
        lab.host.run(LOSS)
        time.sleep(1.0)
        alive = _asked(holding, "alive")
        _asked(holding, "stall")
        done = typed(lab.host, "restore", "--apply", "--yes")
        stalled = _asked(holding, "stall")
        time.sleep(0.7)
        after, whole = _asked(holding, "alive"), _asked(holding, "end")
        holding.kill()
    print(
        f"{containers} containers: {alive} of {CONNECTIONS} connections alive after the loss, {after} after restore, "
        f"{whole} answered; the longest silence {stalled} ms; restore ended with status {done.returncode}",
        flush=True,
    )
    return after < alive or whole < alive or done.returncode != 0


def _asked(holding: "subprocess.Popen[str]", word: str) -> int:
    assert holding.stdin is not None
    holding.stdin.write(f"{word}\n")
    holding.stdin.flush()
    return int(_line(holding.stdout) or -1)


def _line(pipe: "IO[str] | None") -> str:
    assert pipe is not None
    return pipe.readline().strip()


if __name__ == "__main__":
    sys.exit(main())
