"""``python -m tests.unread [--cases N] [--seed S] [--teller WORD…]``: drops readings from recorded hosts by chance."""

import argparse
import sys
import time
from collections import Counter

from tests.unread.hosts import cases
from tests.unread.law import faults
from tests.unread.table import TELLERS


def main() -> int:
    """Try the drops; the exit status is 1 if the law does not hold once."""
    parser = argparse.ArgumentParser(prog="python -m tests.unread")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--teller", action="append", choices=TELLERS)
    arguments = parser.parse_args()
    tellers = tuple(arguments.teller or TELLERS)
    started, count, wrong = time.monotonic(), 0, Counter[str]()
    for case in cases(arguments.cases, arguments.seed, tellers):
        count += 1
        for each in faults(case.host, case.evidence, case.drop, case.teller, case.healthy):
            wrong[case.teller] += 1
            print(each.line(), flush=True)
    said = ", ".join(f"{teller}: {number}" for teller, number in wrong.items()) or "0"
    print(f"{count} cases in {time.monotonic() - started:.0f} s; broken: {said}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
