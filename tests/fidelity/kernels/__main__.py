"""``python -m tests.fidelity.kernels`` (root): ``make fidelity-kernels``.

As many guests at a time as there are CPUs; as each ends, its figures go into docs/reference/fidelity-kernels.md.  Of a
network that differs the folder of results has ``shrunk/NUMBER.json``: kept in tests/fidelity/regressions/guests it
comes before the fresh ones of every later run.  ``--regressions`` judges those of the machine's own kernel, too.
Every second network has a tunnel of a kind that the kernel makes (``--tunnels 1``: each has, ``0``: none).
"""

import argparse
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from tests.fidelity.kernels.hunt import Judging
from tests.fidelity.kernels.machine import run
from tests.fidelity.kernels.replicas import Replicas
from tests.fidelity.kernels.report import Figures, hunt_of, store
from tests.guests.packages import SUITES, Kernel, PackageError, cache_folder, install_programs, kernel
from tests.guests.qemu import GuestError, guests_at_once
from tests.machine.command import command
from tests.machine.run import beside, ended, say, tell

ROOT = Path(__file__).resolve().parents[3]
_RESULTS = "/run/results"
FLOWS = 400
"""Flows of a network.  Emulated, building one and reading it back takes 10 s, a packet 1 ms."""
_APART = 1_000_000
"""The distance between the seeds of two kernels, so that none gets the other's networks."""


def main() -> int:
    """Judge the kernels; the exit status is 1 when something differs, 2 when a kernel could not be asked."""
    arguments = _arguments()
    names = arguments.kernels.split(",")
    orders = tuple((name, arguments.seed + position * _APART) for position, name in enumerate(names))
    install_programs()
    jobs = guests_at_once(min(arguments.jobs, len(names)))
    found = beside(partial(_judged, arguments), orders, jobs, renewed=1)
    return tell(found, partial(_lines, arguments), lambda each: _status(each[1]), seed=arguments.seed)


def _judged(arguments: argparse.Namespace, order: tuple[str, int]) -> tuple[str, Figures | str]:
    """Return a kernel's figures, or why there are none."""
    name, seed = order
    say(f"kernel {name}, seed {seed}")
    try:
        return name, _judge(kernel(name, cache_folder(), arguments.mirror), seed, arguments)
    except (PackageError, GuestError) as error:
        return name, str(error)


def _lines(arguments: argparse.Namespace, found: tuple[str, Figures | str]) -> Iterator[str]:
    """Yield a kernel's line, once its figures are in the page."""
    name, figures = found
    if isinstance(figures, str):
        yield f"kernel {name}: {figures}"
        return
    if arguments.store:
        store(figures, tuple(SUITES))
    yield f"kernel {figures.release}: {_summary(figures)}; the cases are in {arguments.keep}"


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


def _status(found: Figures | str) -> int:
    if isinstance(found, str):
        return 2
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
    parser = command("tests.fidelity.kernels", "Hold the walk against Debian's kernels.", seed="fresh")
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
    sys.exit(ended(main))
