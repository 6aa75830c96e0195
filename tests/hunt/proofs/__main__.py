"""``python -m tests.hunt.proofs [--recorded | --pairs]``: holds the law of a proof on double changes, on each recorded
host, or on pairs of the catalogue's faults."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from tests.hunt.bases import asked
from tests.hunt.proofs.cases import broken_flows, double_of, every_recorded
from tests.hunt.proofs.law import Broken, broken
from tests.hunt.proofs.pairs import pair_of, pairs
from tests.machine.command import command, numbers
from tests.machine.run import RAISED, beside, tell

_PARALLEL = 2


class Judged(msgspec.Struct, frozen=True):
    """A case: a recorded host, or the number of a double change.  ``flows``: how many were asked; ``raised``: the
    exception that ended it."""

    name: str
    flows: int = 0
    found: tuple[Broken, ...] = ()
    raised: str = ""


def judged(name: str) -> Judged:
    """Return what the law says of the case of that name."""
    try:
        if "+" in name:
            pair = pair_of(*map(int, name.split("+")))
            return Judged(pair.name, len(pair.flows), broken(pair.network, pair.flows)) if pair else Judged(name)
        if not name.isdigit():
            network, flows = asked(name)
            return Judged(name, len(flows), broken(network, flows) if network is not None else ())
        case = double_of(int(name))
        after, flows = broken_flows(case) if case is not None else (None, ())
        return Judged(name, len(flows), broken(after, flows) if after is not None and flows else ())
    except RAISED as error:
        return Judged(name, raised=f"{type(error).__name__}: {error}"[:200])


def main() -> int:
    """Hold the law; the exit status is 1 when it is broken somewhere."""
    about = "Hold the law of a proof on double changes of recorded hosts."
    parser = command("tests.hunt.proofs", about, cases=500, seed="fresh")
    parser.add_argument("--recorded", action="store_true", help="on the recorded hosts as they are")
    parser.add_argument("--pairs", action="store_true", help="on pairs of the catalogue's faults on the small host")
    arguments = parser.parse_args()
    found = beside(judged, _names(arguments), _PARALLEL, renewed=None, chunk=5)
    return tell(found, _lines, lambda each: bool(each.found or each.raised), table=_table, seed=arguments.seed)


def _names(arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.recorded:
        return every_recorded()
    if arguments.pairs:
        return tuple(f"{one}+{other}" for one, other in islice(pairs(arguments.seed), arguments.cases))
    return tuple(map(str, numbers(arguments)))


def _lines(case: Judged) -> Iterator[str]:
    yield from (f"{case.name} {each}" for each in (*case.found, *([case.raised] if case.raised else ())))


def _table(cases: Sequence[Judged]) -> Iterator[str]:
    counted = Counter((one.what, ", ".join(one.causes)) for each in cases for one in each.found)
    yield from (f"{count:5} {what}: {causes}" for (what, causes), count in counted.most_common())
    failing = sum(bool(each.found or each.raised) for each in cases)
    flows, broke = sum(each.flows for each in cases), sum(bool(each.flows) for each in cases)
    yield f"{flows} flows of {broke} cases; the law is broken in {failing}"


if __name__ == "__main__":
    sys.exit(main())
