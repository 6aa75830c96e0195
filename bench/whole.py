"""Whole questions on lab hosts with real dockerd, beside ``docker inspect`` of all containers in the same run.

Processor time counts all processes that the command starts (``getrusage(RUSAGE_CHILDREN)``), not those of the engine.
"""

import resource
import statistics
import time
from collections.abc import Iterator

import msgspec

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan
from tests.score.diagnosis import CHECK

SIZES = (10, 60, 200)
_RUNS = 9
PORT = ("8151",)
EVENTS = (*CHECK[:-1], "events")
SNAPSHOT = (*CHECK[:-1], "snapshot")
FIX = (*CHECK[:-1], "fix")
_BREAK = "sysctl -qw net.ipv4.conf.eth0.forwarding=0"
_ONE_FLOW = (*PORT, "--from", "192.0.2.10")


class Spent(msgspec.Struct, frozen=True):
    """Medians of several runs: processor time of all processes, and elapsed time; and the least processor time."""

    processor: float
    elapsed: float
    least: float


class OfHost(msgspec.Struct, frozen=True):
    """The costs of questions on one host.

    ``healthy``: one port from one client, the replica left out; ``clients``: the same from every client that the
    question means without ``--from``; ``broken``: one port with its cause and its replica; ``everything``: all ports,
    the replica left out; ``snapshot``: all that is read, in a file; ``events``: all ports under every event that can
    happen, not on the largest host; ``repair``: ``fix --apply`` of the broken port, verified."""

    containers: int
    inspect: Spent
    healthy: Spent
    clients: Spent
    broken: Spent
    everything: Spent
    snapshot: Spent
    repair: Spent
    events: Spent | None = None


def of_hosts() -> Iterator[OfHost]:
    """Yield the costs on a host of each size."""
    for size in SIZES:
        with running_lab(LabPlan(fillers=size - 1)) as lab:
            inspect, healthy, clients = spent(
                lab,
                ("docker inspect $(docker ps -q)", line_of(*_ONE_FLOW, "--no-replica"), line_of(*PORT, "--no-replica")),
                _RUNS,
            )
            everything, snapshot = spent(lab, (line_of("--no-replica"), line_of("-o", "-", command=SNAPSHOT)), 3)
            events = spent(lab, (line_of(command=EVENTS),), 3)[0] if size != SIZES[-1] else None
            lab.host.run(_BREAK)
            (broken,) = spent(lab, (line_of(*_ONE_FLOW),), _RUNS)
            (repair,) = spent(lab, (f"{line_of(*PORT, '--apply', '--yes', command=FIX)}; {_BREAK}",), 3)
            yield OfHost(size, inspect, healthy, clients, broken, everything, snapshot, repair, events)


def line_of(*arguments: str, command: tuple[str, ...] = CHECK) -> str:
    """Return the shell's line for the command, whatever it finds."""
    return " ".join((*command, *arguments)) + " >/dev/null || test $? -le 1"


def spent(lab: Lab, lines: tuple[str, ...], runs: int) -> tuple[Spent, ...]:
    """Return what each line costs.  They run in turn, so that a machine that grows slower does so for all of them."""
    for line in lines:
        lab.host.run(line)  # once before: caches, compiled modules
    turns = [[_one(lab, line) for line in lines] for _ in range(runs)]
    return tuple(
        Spent(
            statistics.median(each.processor for each in found),
            statistics.median(each.elapsed for each in found),
            min(each.processor for each in found),
        )
        for found in zip(*turns, strict=True)
    )


def _one(lab: Lab, line: str) -> Spent:
    before, started = _children(), time.perf_counter()
    lab.host.run(line)
    took, elapsed = _children() - before, time.perf_counter() - started
    return Spent(took, elapsed, took)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
