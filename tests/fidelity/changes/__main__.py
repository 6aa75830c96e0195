"""``python -m tests.fidelity.changes [--cases N] [--seed S]``: holds the laws of changes on N random networks."""

import argparse
import sys
from collections import Counter
from secrets import randbelow

from tests.fidelity.changes.laws import judge


def main() -> int:
    """Judge networks; the exit status is 1 when a law does not hold."""
    parser = argparse.ArgumentParser(description="Hold the laws of changes on random networks.")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    counted: Counter[str] = Counter()
    differing = left_out = 0
    for number in range(seed, seed + arguments.cases):
        outcome = judge(number)
        counted.update(outcome.made)
        left_out += bool(outcome.left_out)
        if outcome.differences:
            differing += 1
            sys.stdout.write("\n  ".join((f"case {number}:", *outcome.differences)) + "\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{arguments.cases} networks, {left_out} left out, {sum(counted.values())} changes, {differing} networks "
        f"differ; seed {seed}\n{dict(sorted(counted.items()))}\n"
    )
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
