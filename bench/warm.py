"""A guard's answers beside ``docker inspect`` of all containers, and what a guard costs on a quiet host.

A time is processor time: of the asking process, and of the guard and all that it starts.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan
from tests.warm.law import guard_environment, running_guard

SIZES = (10, 200)
_RUNS = 7
_QUIET_S = 60.0
_TICKS = 100
_INSPECT = "docker inspect $(docker ps -q) >/dev/null"
_POLLER = "while :; do iptables-save >/dev/null; ip route >/dev/null; sysctl -a >/dev/null 2>&1; sleep 30; done"


def warm_lines() -> Iterator[str]:
    """Yield a line for each measurement."""
    for size in SIZES:
        with running_lab(LabPlan(fillers=size - 1)) as lab, running_guard(lab) as guard:
            host = f"{size} containers"
            inspect = _median(partial(_spent, lab, ("sh", "-c", _INSPECT), 0))
            yield f"{f'docker inspect of {host}':46} {inspect * 1000:9.1f} ms"
            for name, words in (("warm, one port", ("8151",)), ("warm, everything", ())):
                asked = partial(_spent, lab, (sys.executable, "-m", "hairpin", "check", *words, "--no-replica"), guard)
                for _ in range(3):  # until what the question needs has been read twice
                    asked()
                took = _median(asked)
                yield f"{f'{name}, {host}':46} {took * 1000:9.1f} ms  {took / inspect:6.1f} x docker inspect"
            yield from _idle(lab, guard)


def _idle(lab: Lab, guard: int) -> Iterator[str]:
    """Yield what a guard costs while nothing happens, beside others that watch."""
    begun = [("hairpin guard", guard)]
    others: list[subprocess.Popen[bytes]] = []
    try:
        for name, argv in (("nft monitor", ("nft", "monitor")), ("a poller, each 30 s", ("sh", "-c", _POLLER))):
            others.append(subprocess.Popen((*lab.host.enter, *argv), stdout=subprocess.DEVNULL))
            begun.append((name, others[-1].pid))
        before = [_processor_s(pid) for _, pid in begun]
        time.sleep(_QUIET_S)
        for (name, pid), was in zip(begun, before, strict=True):
            share = (_processor_s(pid) - was) / _QUIET_S
            yield f"{f'{name}, quiet':46} {share:9.2%} of a core, {_resident_mib(pid):.1f} MiB resident"
    finally:
        for each in others:
            each.kill()
            each.wait()


def _median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(_RUNS))


def _spent(lab: Lab, argv: tuple[str, ...], guard: int) -> float:
    """Return the processor time of a command, with that of the guard if there is one."""
    before = _children_s() + _tree_s(guard)
    subprocess.run((*lab.host.enter, *argv), stdout=subprocess.DEVNULL, env=guard_environment(), check=False)
    return _children_s() + _tree_s(guard) - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree_s(pid: int) -> float:
    """Return the processor time of a process, and of all those that live below it."""
    if not pid:
        return 0.0
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return _processor_s(pid) + sum(map(_tree_s, map(int, below)))


def _processor_s(pid: int) -> float:
    """Return the processor time of a process, and of those that it has waited for."""
    words = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / _TICKS


def _resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
