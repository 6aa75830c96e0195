"""``python -m tests.hunt.proofs [--cases N] [--seed S] [--recorded | --pairs]``: holds the law of a proof on N double
changes, on each recorded host, or on N pairs of the catalogue's faults."""

import argparse
import sys
import time
from collections import Counter
from itertools import islice
from multiprocessing import Pool
from secrets import randbelow

import msgspec

from tests.hunt.bases import asked
from tests.hunt.proofs.cases import broken_flows, double_of, every_recorded
from tests.hunt.proofs.law import Broken, broken
from tests.hunt.proofs.pairs import pair_of, pairs

_PROCESSES = 2


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
            found = broken(pair.network, pair.flows) if pair is not None else ()
            return Judged(pair.name if pair is not None else name, len(pair.flows) if pair is not None else 0, found)
        if not name.isdigit():
            network, flows = asked(name)
            return Judged(name, len(flows), broken(network, flows) if network is not None else ())
        case = double_of(int(name))
        if case is None:
            return Judged(name)
        after, flows = broken_flows(case)
        return Judged(name, len(flows), broken(after, flows) if flows else ())
    except (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        return Judged(name, raised=f"{type(error).__name__}: {error}"[:200])


def main() -> int:
    """Hold the law; the exit status is 1 when it is broken somewhere."""
    arguments = _arguments()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    names = _names(arguments, seed)
    began = time.monotonic()
    counted: Counter[tuple[str, str]] = Counter()
    flows = failing = broke = 0
    with Pool(_PROCESSES) as pool:
        for each in pool.imap(judged, names, chunksize=5):
            broke, flows = broke + bool(each.flows), flows + each.flows
            failing += bool(each.found or each.raised)
            counted.update((one.what, ", ".join(one.causes)) for one in each.found)
            for said in (*map(str, each.found), *([each.raised] if each.raised else ())):
                sys.stdout.write(f"{each.name} {said}\n")
                sys.stdout.flush()
    sys.stdout.writelines(f"{count:5} {what}: {causes}\n" for (what, causes), count in counted.most_common())
    sys.stdout.write(
        f"{len(names)} cases, {flows} flows of {broke}; the law is broken in {failing}; "
        f"{time.monotonic() - began:.0f} s{'' if arguments.recorded else f'; seed {seed}'}\n"
    )
    return int(failing > 0)


def _names(arguments: argparse.Namespace, seed: int) -> tuple[str, ...]:
    if arguments.recorded:
        return every_recorded()
    if arguments.pairs:
        return tuple(f"{one}+{other}" for one, other in islice(pairs(seed), arguments.cases))
    return tuple(map(str, range(seed, seed + arguments.cases)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hold the law of a proof on double changes of recorded hosts.")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--recorded", action="store_true", help="on the recorded hosts as they are")
    parser.add_argument("--pairs", action="store_true", help="on pairs of the catalogue's faults on the small host")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
