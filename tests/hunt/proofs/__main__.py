"""``python -m tests.hunt.proofs [--cases N] [--seed S] [--number K]``: holds the law of a proof on N double changes."""

import argparse
import sys
import time
from collections import Counter
from multiprocessing import Pool
from secrets import randbelow

from tests.hunt.bases import base
from tests.hunt.proofs.cases import broken_flows, double_of
from tests.hunt.proofs.law import Broken, broken


def judged(number: int) -> tuple[int, int, tuple[Broken, ...]]:
    """Return the number, how many flows the double change breaks, and where the law does not hold."""
    case = double_of(number)
    found = base(case.base) if case is not None else None
    if case is None or found is None:
        return number, 0, ()
    network, flows = broken_flows(case, found)
    try:
        return number, len(flows), broken(network, flows) if flows else ()
    except Exception as error:
        return number, len(flows), (Broken("raised", "", (), "", f"{type(error).__name__}: {error}"[:200]),)


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold the law of a proof on double changes of recorded hosts.")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    began = time.monotonic()
    groups: Counter[tuple[str, str]] = Counter()
    failing = flows = broke = 0
    with Pool(arguments.processes) as pool:
        for number, count, found in pool.imap(judged, range(seed, seed + arguments.cases), chunksize=10):
            flows, broke = flows + count, broke + bool(count)
            failing += bool(found)
            for each in found:
                groups[each.what, ", ".join(each.causes)] += 1
                sys.stdout.write(
                    f"{number} {each.what}: {each.flow} [{', '.join(each.causes)}] told {each.told} found {each.found}\n"
                )
                sys.stdout.flush()
    for (what, causes), count in groups.most_common():
        sys.stdout.write(f"{count:5} {what}: {causes}\n")
    sys.stdout.write(
        f"{arguments.cases} double changes, {broke} broke {flows} flows, {failing} break the law; {time.monotonic() - began:.0f} s; seed {seed}\n"
    )
    return int(failing > 0)


if __name__ == "__main__":
    sys.exit(main())
