"""``python -m tests.hunt``: the hunt of causes.

Random single changes of healthy networks, and whether each flow that they break has its cause.
"""

import os
import sys
from collections.abc import Iterator
from functools import partial

from hairpin.causes.where import places
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.walk.walk import walk_flow
from tests.hunt import kernel
from tests.hunt.bases import base
from tests.hunt.case import case_of
from tests.hunt.keeping import KEPT, OPEN, kept_of, missed, read, with_first, write
from tests.hunt.law import judge
from tests.hunt.report import Judged, tables
from tests.machine.command import command, numbers
from tests.machine.run import RAISED, beside, say, tell

_PARALLEL = 2
_AT_ONCE = 50


def judged(number: int, *, generated: bool = True) -> Judged:
    """Return the case of that number with its outcome."""
    case = case_of(number, generated=generated)
    found = base(case.base) if case is not None else None
    if case is None or found is None:
        return Judged(number, "none drawn", None)
    try:
        return Judged(number, case.kind, judge(case, found))
    except RAISED as error:
        return Judged(number, case.kind, None, f"{type(error).__name__}: {error}"[:80])


def main() -> int:
    """Judge cases; the exit status is 1 when the law does not hold of one, or a state is a false alarm."""
    about = "Change healthy networks, and hold the diagnosis against the change."
    parser = command("tests.hunt", about, cases=2000, seed="fresh", number="show the case of that number")
    parser.add_argument("--recorded", action="store_true", help="without generated networks, which need root")
    parser.add_argument("--kernel", action="store_true", help="hold the walk against replicas of the changed hosts")
    parser.add_argument("--keep", action="store_true", help="keep the first miss of each kind")
    parser.add_argument("--promote", action="store_true", help="move kept misses that are mended to what a test holds")
    arguments = parser.parse_args()
    generated = os.geteuid() == 0 and not arguments.recorded
    if arguments.promote:
        return _promote()
    if arguments.number is not None:
        say(*_shown(arguments.number, generated=generated))
        return 0
    if arguments.kernel:
        words = (word for each in numbers(arguments) if (word := kernel.word(each, generated=generated)) is not None)
        return tell(words, kernel.lines, lambda each: len(each.differing) > 0, table=kernel.table, seed=arguments.seed)
    found = beside(partial(judged, generated=generated), numbers(arguments), _PARALLEL, renewed=None, chunk=_AT_ONCE)
    keep = _keep if arguments.keep else None
    return tell(found, lambda _: (), lambda each: each.is_missed, table=tables, seed=arguments.seed, keep=keep)


def _keep(missed: Judged) -> None:
    if missed.outcome is not None:
        write(OPEN, with_first(read(OPEN), kept_of(missed.outcome)))


def _promote() -> int:
    """Move the open cases that the law holds of now."""
    still = tuple(each for each in read(OPEN) if missed(each))
    mended = tuple(each for each in read(OPEN) if each not in still)
    write(OPEN, still)
    write(KEPT, (*read(KEPT), *mended))
    say(f"{len(mended)} mended, {len(still)} open")
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


if __name__ == "__main__":
    sys.exit(main())
