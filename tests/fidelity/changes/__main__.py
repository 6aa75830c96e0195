"""``python -m tests.fidelity.changes``: holds the laws of changes on random networks."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.fidelity.changes.laws import Outcome, judge
from tests.machine.command import command, numbers
from tests.machine.run import tell


def main() -> int:
    """Judge networks; the exit status is 1 when a law does not hold."""
    about = "Hold the laws of changes on random networks."
    arguments = command("tests.fidelity.changes", about, cases=20, seed="fresh").parse_args()
    found = map(judge, numbers(arguments))
    return tell(found, _lines, lambda each: bool(each.differences), table=_table, seed=arguments.seed)


def _lines(outcome: Outcome) -> Iterator[str]:
    if outcome.differences:
        yield f"case {outcome.seed}:"
    yield from (f"  {each}" for each in outcome.differences)


def _table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    counted = Counter(kind for each in outcomes for kind in each.made)
    differing, left_out = (
        sum(bool(each.differences) for each in outcomes),
        sum(bool(each.left_out) for each in outcomes),
    )
    yield f"{left_out} networks left out, {counted.total()} changes, {differing} networks differ"
    yield f"{dict(sorted(counted.items()))}"


if __name__ == "__main__":
    sys.exit(main())
