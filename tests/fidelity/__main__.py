"""``python -m tests.fidelity`` (root): the hunt.  See docs/reference/fidelity.md.

Case ``n`` of a run with seed S is the case of seed S + n, so a run can be repeated, and each of its cases alone.
"""

import argparse
import multiprocessing
import os
import sys
import time
from functools import partial
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.coverage.summary import DEMANDED_FROM, Coverage
from tests.fidelity.generate.case import case_of, has_tunnel
from tests.fidelity.judge.compare import Disagreement, Judgement, judge
from tests.fidelity.judge.shrink import shrink
from tests.fidelity.judge.text import case_text, disagreement_text
from tests.fidelity.kernels.report import OWN, Figures, hunt_of, store
from tests.fidelity.report import Run, write
from tests.fidelity.testbed.netns import SetupError
from tests.machine.command import command, numbers
from tests.machine.run import beside, say

_BATCH = 32
"""The number of networks in a batch. Its results are printed before the next batch begins."""
_TUNNELS = 5
"""Every so many networks one has a tunnel."""


def main() -> int:
    """Hunt; the exit status is 1 when walk and kernel disagree, or when a long run has not covered the model."""
    arguments = _arguments()
    say(f"seed {arguments.seed}")
    run, started = Run(arguments.seed), time.monotonic()
    act = partial(_judge, tunnels=arguments.tunnels)
    judged = beside(act, numbers(arguments), arguments.jobs, renewed=None, batch=_BATCH, start=_pin)
    for count, (number, result) in enumerate(judged, 1):
        run.add(result)
        if isinstance(result, str):
            say(f"case {number} left out: {' '.join(result.split())[:300]}")
        elif result.disagreements:
            say(f"case {number}: {disagreement_text(result.disagreements[0])}".rstrip("\n"))
            if run.differing <= arguments.shrink:
                _show(_case(number, arguments.tunnels), result.disagreements[0], arguments.keep)
        if count % _BATCH == 0 and (run.packets >= arguments.pairs or run.differing >= arguments.stop):
            break
    run.seconds = time.monotonic() - started
    say(run.summary())
    left_out = _covered(run, arguments)
    return 1 if run.differing or left_out else 0


def _covered(run: Run, arguments: argparse.Namespace) -> int:
    """Print the model's coverage by the run; return the number of uncovered elements if that is a failure."""
    demanded = run.packets >= DEMANDED_FROM
    if not (demanded or arguments.coverage or arguments.report):
        return 0
    coverage = Coverage(run.exercised)
    say(coverage.summary(), *(coverage.lines() if arguments.coverage else ()))
    if arguments.report is not None:
        write(arguments.report, run, coverage)
        store(Figures(OWN, os.uname().release, hunt_of(run)), ())
    say(*(f"not covered: {' '.join(each)}" for each in coverage.uncovered if demanded))
    return len(coverage.uncovered) * demanded


def _arguments() -> argparse.Namespace:
    parser = command("tests.fidelity", "Hold the walk against the running kernel.", cases=1 << 31, seed="fresh")
    parser.add_argument("--pairs", type=int, default=1 << 62, help="stop after so many (packet, network) pairs")
    parser.add_argument(
        "--tunnels",
        type=int,
        nargs="?",
        const=1,
        default=_TUNNELS,
        help=f"lay a tunnel into every N-th network (without N: into each; {_TUNNELS} if not given; 0: into none)",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--stop", type=int, default=10, help="stop after so many networks in which something differs")
    parser.add_argument("--shrink", type=int, default=5, help="shrink so many of them")
    parser.add_argument("--keep", type=Path, default=None, help="folder for the shrunk ones")
    parser.add_argument("--report", type=Path, default=None, help="the document to write")
    parser.add_argument("--coverage", action="store_true", help="show what was exercised, and what not")
    return parser.parse_args()


def _pin() -> None:
    """Bind each worker to one CPU: a sent packet has then arrived when the call returns."""
    cpus = sorted(os.sched_getaffinity(0))
    worker = multiprocessing.current_process()._identity[-1]
    os.sched_setaffinity(0, {cpus[worker % len(cpus)]})


def _case(number: int, tunnels: int) -> Case:
    return case_of(number, tunnels=has_tunnel(number, tunnels))


def _judge(number: int, *, tunnels: int) -> tuple[int, Judgement | str]:
    try:
        return number, judge(_case(number, tunnels))
    except SetupError as error:
        return number, str(error)


def _show(case: Case, first: Disagreement, keep: Path | None) -> None:
    """Print the smallest case that still disagrees."""
    small = shrink(case)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{case.seed}.json").write_bytes(msgspec.json.format(msgspec.json.encode(small)) + b"\n")
    shown = judge(small).disagreements
    say(f"shrunk case {case.seed}", *case_text(small), disagreement_text(shown[0] if shown else first))


if __name__ == "__main__":
    sys.exit(main())
