"""``python -m tests.fidelity.kernels [--kernels 5.10,6.1] [--pairs N] [--seed S]`` (root): ``make fidelity-kernels``.

As many guests at a time as there are CPUs; as each ends, its figures go into docs/reference/fidelity-kernels.md.  Of a
network that differs the folder of results has ``shrunk/NUMBER.json``: kept in tests/fidelity/regressions/guests it
comes before the fresh ones of every later run.  ``--regressions`` judges those of the machine's own kernel, too.
Every second network has a tunnel of a kind that the kernel makes (``--tunnels 1``: each has, ``0``: none).
"""

import argparse
import multiprocessing
import os
import shlex
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from secrets import randbelow

import msgspec

from tests.fidelity.kernels.hunt import Judging
from tests.fidelity.kernels.machine import run
from tests.fidelity.kernels.replicas import Replicas
from tests.fidelity.kernels.report import Figures, hunt_of, store
from tests.guests.packages import SUITES, Kernel, PackageError, cache_folder, install_programs, kernel
from tests.guests.qemu import GuestError, guests_at_once

ROOT = Path(__file__).resolve().parents[3]
_RESULTS = "/run/results"
FLOWS = 400
"""Flows of a network.  Emulated, building one and reading it back takes 10 s, a packet 1 ms."""
_APART = 1_000_000
"""The distance between the seeds of two kernels, so that none gets the other's networks."""


def main() -> int:
    """Judge the kernels; the exit status is 1 when something differs, 2 when a kernel could not be asked."""
    arguments = _arguments()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    names = arguments.kernels.split(",")
    orders = tuple((name, seed + position * _APART) for position, name in enumerate(names))
    started = time.monotonic()
    statuses, summary = {0}, list[str]()
    try:
        install_programs()
        jobs = guests_at_once(min(arguments.jobs, len(names)))
    except (PackageError, GuestError) as error:
        sys.stdout.write(f"{error}\n")
        return 2
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        for name, found in pool.imap_unordered(partial(_judged, arguments), orders):
            if isinstance(found, str):
                statuses.add(2)
                summary.append(f"kernel {name}: {found}")
            else:
                statuses.add(_differs(found))
                summary.append(f"kernel {found.release}: {_summary(found)}")
                if arguments.store:
                    store(found, tuple(SUITES))
            sys.stdout.write(f"{summary[-1]}\n")
            sys.stdout.flush()
    minutes = (time.monotonic() - started) / 60
    sys.stdout.write("\n".join(("", *summary, f"{minutes:.0f} minutes; the cases are in {arguments.keep}")) + "\n")
    return max(statuses)


def _judged(arguments: argparse.Namespace, order: tuple[str, int]) -> tuple[str, Figures | str]:
    """Return a kernel's figures, or why there are none."""
    name, seed = order
    sys.stdout.write(f"kernel {name}, seed {seed}\n")
    sys.stdout.flush()
    try:
        return name, _judge(kernel(name, cache_folder(), arguments.mirror), seed, arguments)
    except (PackageError, GuestError) as error:
        return name, str(error)


def _judge(booted: Kernel, seed: int, arguments: argparse.Namespace) -> Figures:
    """Boot the kernel, run the hunt and the replicas that were asked for, and return the figures."""
    python = f"cd {shlex.quote(str(ROOT))} && PYTHONPATH=src {shlex.quote(str(Path(sys.executable)))} -m"
    commands: list[str] = []
    if arguments.pairs:
        kept = "every" if arguments.regressions else ""
        asked = f"{_RESULTS} {seed} {arguments.flows} {arguments.tunnels} {kept}"
        commands.append(f"{python} tests.fidelity.kernels.guest {asked} || exit")
    if arguments.replicas:
        commands.append(f"{python} tests.fidelity.kernels.replicas {_RESULTS}/replicas.json || exit")
    results = Path(arguments.keep).absolute() / booted.name
    results.mkdir(parents=True, exist_ok=True)
    judging = Judging(
        booted.name, results, seed, arguments.pairs, arguments.shrink, arguments.minutes * 60,
        every=arguments.regressions,
    )  # fmt: skip
    try:
        run(booted, "\n".join(commands) + "\n", results, limit_s=arguments.limit * 60, look=judging.look)
    except GuestError as error:
        raise GuestError(f"{error}\n  until then {judging.run.summary()}") from error
    replicas = results / "replicas.json"
    return Figures(
        booted.name,
        booted.release,
        hunt_of(judging.run, tuple(sorted(judging.links)), tuple(judging.left_out), judging.tunnelled)
        if arguments.pairs
        else None,
        msgspec.json.decode(replicas.read_bytes(), type=Replicas) if replicas.exists() else None,
    )


def _differs(found: Figures) -> int:
    hunt, replicas = found.hunt, found.replicas
    return int(bool((hunt is not None and hunt.differing) or (replicas is not None and replicas.differing)))


def _summary(found: Figures) -> str:
    words: list[str] = []
    if found.hunt is not None:
        hunt = found.hunt
        words.append(
            f"seed {hunt.seed}, {hunt.pairs} pairs ({hunt.tunnelled} with a tunnel), "
            f"{hunt.differing} of {hunt.networks} networks disagree, "
            f"{hunt.refused} left out{_why(hunt.left_out)}, links {' '.join(hunt.links)}, "
            f"{hunt.seconds / 60:.0f} minutes"
        )
    if found.replicas is not None:
        proven = found.replicas
        words.append(f"{len(proven.differing)} of {proven.hosts} replicas disagree, {len(proven.undecided)} undecided")
    return "; ".join(words) or "nothing came back"


def _why(left_out: tuple[str, ...]) -> str:
    """Return the reasons in brackets, each with its count."""
    counted = Counter(left_out).items()
    return f" ({'; '.join(f'{count} × {reason}' for reason, count in counted)})" if left_out else ""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hold the walk against Debian's kernels.")
    parser.add_argument("--kernels", default=",".join(SUITES), help="which, by comma")
    parser.add_argument("--pairs", type=int, default=20000, help="(packet, network) pairs on each; 0: no hunt")
    parser.add_argument("--flows", type=int, default=FLOWS, help="flows of each network")
    parser.add_argument(
        "--tunnels",
        type=int,
        default=2,
        help="lay a tunnel into each network (1), into every second one (2), …, into none (0)",
    )
    parser.add_argument("--replicas", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--regressions", action="store_true", help="judge those of the machine's own kernel, too")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="guests at a time")
    parser.add_argument("--shrink", type=int, default=1, help="shrink so many of the networks that disagree")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop a hunt sooner, after so many minutes")
    parser.add_argument("--limit", type=float, default=60, help="minutes that one guest may take")
    parser.add_argument(
        "--keep", type=Path, default=cache_folder() / "results", help="folder for the cases that differ"
    )
    parser.add_argument("--store", action=argparse.BooleanOptionalAction, default=True, help="write the page")
    parser.add_argument("--mirror", default=None, help="a Debian archive, where this machine's apt knows none")
    arguments = parser.parse_args()
    unknown = set(arguments.kernels.split(",")) - set(SUITES)
    if unknown:
        parser.error(f"no kernel {' '.join(sorted(unknown))}: there are {' '.join(SUITES)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
