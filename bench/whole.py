"""Whole questions on lab hosts with real dockerd, beside ``docker inspect`` of all containers in the same run.

Processor time counts all processes that the command starts (``getrusage(RUSAGE_CHILDREN)``), not those of the engine.
"""

import resource
import statistics
import time
from collections.abc import Iterator

import msgspec

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.diagnosis import CHECK
from hairpin.lab.plan import LabPlan

SIZES = (10, 60, 200)
_RUNS = 9
_PORT = ("8151",)
_EVENTS = (*CHECK[:-1], "events")
_ONE_FLOW = (*_PORT, "--from", "192.0.2.10")


class Spent(msgspec.Struct, frozen=True):
    """Medians of several runs: processor time of all processes, and elapsed time."""

    processor: float
    elapsed: float


class OfHost(msgspec.Struct, frozen=True):
    """The costs of questions on one host.

    ``healthy``: one port from one client, the replica left out; ``clients``: the same from every client that the
    question means without ``--from``; ``broken``: one port with its cause and its replica; ``everything``: all ports,
    the replica left out; ``events``: all ports under every event that can happen, on the smallest host."""

    containers: int
    inspect: Spent
    healthy: Spent
    clients: Spent
    broken: Spent
    everything: Spent
    events: Spent | None = None


def of_hosts() -> Iterator[OfHost]:
    """Yield the costs on a host of each size."""
    for size in SIZES:
        with running_lab(LabPlan(fillers=size - 1)) as lab:
            inspect, healthy, clients = _spent(
                lab,
                ("docker inspect $(docker ps -q)", _line(*_ONE_FLOW, "--no-replica"), _line(*_PORT, "--no-replica")),
                _RUNS,
            )
            (everything,) = _spent(lab, (_line("--no-replica"),), 3)
            events = _spent(lab, (_line(command=_EVENTS),), 3)[0] if size == SIZES[0] else None
            lab.host.run("sysctl -w net.ipv4.conf.eth0.forwarding=0")
            (broken,) = _spent(lab, (_line(*_ONE_FLOW),), _RUNS)
            yield OfHost(size, inspect, healthy, clients, broken, everything, events)


def _line(*arguments: str, command: tuple[str, ...] = CHECK) -> str:
    return " ".join((*command, *arguments)) + " >/dev/null || test $? -le 1"


def _spent(lab: Lab, lines: tuple[str, ...], runs: int) -> tuple[Spent, ...]:
    """Return what each line costs.  They run in turn, so that a machine that grows slower does so for all of them."""
    for line in lines:
        lab.host.run(line)  # once before: caches, compiled modules
    turns = [[_one(lab, line) for line in lines] for _ in range(runs)]
    return tuple(
        Spent(
            statistics.median(each.processor for each in found),
            statistics.median(each.elapsed for each in found),
        )
        for found in zip(*turns, strict=True)
    )


def _one(lab: Lab, line: str) -> Spent:
    before, started = _children(), time.perf_counter()
    lab.host.run(line)
    return Spent(_children() - before, time.perf_counter() - started)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
