"""``python -m tests.hunt [--cases N] [--seed S] [--number K] [--keep] [--promote]``: the hunt of causes.

Random single changes of healthy networks, and whether each flow that they break has its cause.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pool
from secrets import randbelow

from hairpin.causes.where import places
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.errors import HairpinError
from hairpin.walk.walk import walk_flow
from tests.hunt.bases import base
from tests.hunt.case import case_of
from tests.hunt.keeping import KEPT, OPEN, kept_of, missed, read, with_first, write
from tests.hunt.kernel import lines, word
from tests.hunt.law import judge
from tests.hunt.report import Judged, misses, table

_PROCESSES = 2
_AT_ONCE = 50
_RAISED = (
    AssertionError, AttributeError, HairpinError, IndexError, KeyError, NotImplementedError, OverflowError,
    RecursionError, TypeError, ValueError,
)  # fmt: skip


def judged(number: int, *, generated: bool = True) -> Judged:
    """Return the case of that number with its outcome."""
    case = case_of(number, generated=generated)
    found = base(case.base) if case is not None else None
    if case is None or found is None:
        return Judged(number, "none drawn", None)
    try:
        return Judged(number, case.kind, judge(case, found))
    except _RAISED as error:
        return Judged(number, case.kind, None, f"{type(error).__name__}: {error}"[:80])


def _without_generated(number: int) -> Judged:
    return judged(number, generated=False)


def main() -> int:
    """Judge cases; the exit status is 1 when the law does not hold of one, or a state is a false alarm."""
    arguments = _arguments()
    generated = os.geteuid() == 0 and not arguments.recorded
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    if arguments.kernel:
        return _asked_of_the_kernel(seed, arguments.cases, generated=generated)
    if arguments.promote:
        return _promote()
    if arguments.number is not None:
        sys.stdout.writelines(f"{line}\n" for line in _shown(arguments.number, generated=generated))
        return 0
    began = time.monotonic()
    numbers = range(seed, seed + arguments.cases)
    with Pool(_PROCESSES) as pool:
        found = list(pool.imap_unordered(judged if generated else _without_generated, numbers, chunksize=_AT_ONCE))
    found.sort(key=lambda each: each.number)
    sys.stdout.writelines(f"{line}\n" for line in table(found))
    sys.stdout.writelines(f"{line}\n" for line in ("", *misses(found)))
    seconds = time.monotonic() - began
    sys.stdout.write(f"{arguments.cases} changes in {seconds:.0f} s; seed {seed}\n")
    failing = [each for each in found if each.raised or (each.outcome and (each.outcome.misses or each.outcome.alarms))]
    if arguments.keep:
        write(
            OPEN,
            with_first(read(OPEN), tuple(kept for each in failing if each.outcome for kept in kept_of(each.outcome))),
        )
    return int(bool(failing))


def _asked_of_the_kernel(seed: int, cases: int, *, generated: bool) -> int:
    """Hold the walk after each change against the kernel's."""
    agreeing = undecided = differing = 0
    for number in range(seed, seed + cases):
        case = case_of(number, generated=generated)
        found = base(case.base) if case is not None else None
        told = word(case, found) if case is not None and found is not None else None
        if case is None or told is None:
            continue
        agreeing, undecided = agreeing + told.agreeing, undecided + told.undecided
        differing += len(told.differing)
        sys.stdout.writelines(f"{line}\n" for line in lines(number, case, told))
        sys.stdout.flush()
    sys.stdout.write(f"{agreeing} flows agree, {differing} differ, {undecided} undecided; seed {seed}\n")
    return int(differing > 0)


def _promote() -> int:
    """Move the open cases that the law holds of now."""
    still = tuple(each for each in read(OPEN) if missed(each))
    mended = tuple(each for each in read(OPEN) if each not in still)
    write(OPEN, still)
    write(KEPT, (*read(KEPT), *mended))
    sys.stdout.write(f"{len(mended)} mended, {len(still)} open\n")
    return int(bool(still))


def _shown(number: int, *, generated: bool) -> Iterator[str]:
    """Yield the host, the change, the flows that it breaks, and the answers."""
    case = case_of(number, generated=generated)
    found = base(case.base) if case is not None else None
    if case is None or found is None:
        yield "no base has such a part"
        return
    yield f"{case.base}: {case.kind}"
    yield from (f"  {part}" for part in case.change.parts)
    after = simulate(case.change, found.network)
    for flow in found.flows:
        trace = walk_flow(after, flow)
        if trace.succeeds or trace.usual.succeeds:
            continue
        stop = trace.usual.stop
        yield f"{flow.start_text()} to {flow.target_text()}: {trace.verdict}"
        yield f"  stop {stop.reason} {stop.stage} {stop.netns} {stop.link} {stop.decided_by}" if stop else "  no stop"
        for each in diagnose(after, flow).causes:
            yield f"  {each.cause} {dict(places(each.candidate.where))}"
            yield from (f"    {part}" for part in each.candidate.change.parts)
    outcome = judge(case, found)
    yield from (f"{answer}" for answer in outcome.answers)
    yield from (f"blocks although all flows pass: {alarm}" for alarm in outcome.alarms)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Change healthy networks, and hold the diagnosis against the change.")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--number", type=int, default=None, help="show the case of that number")
    parser.add_argument("--recorded", action="store_true", help="without generated networks, which need root")
    parser.add_argument("--kernel", action="store_true", help="hold the walk against replicas of the changed hosts")
    parser.add_argument("--keep", action="store_true", help="keep the first miss of each kind and stop")
    parser.add_argument(
        "--promote", action="store_true", help="move kept misses that are mended to those that a test holds"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
