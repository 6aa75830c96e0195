"""``python -m tests.harm [--cases N] [--seed S] [--only d17,a17,WORD]``: decisions and accidents on real hosts
(root)."""

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import msgspec

from tests.harm.case import Case, case_of
from tests.harm.report import table, told
from tests.harm.trial import Result, try_case

SEED = 47
"""The hosts of the default run are the same each time."""


def main() -> int:
    """Try the cases; the exit status is 1 if something is missed in one."""
    arguments = _arguments()
    began, results = time.monotonic(), list[Result]()
    with Pool(arguments.parallel, maxtasksperchild=10) as pool:
        for result in pool.imap_unordered(
            partial(try_case, dry=arguments.dry), _cases(arguments.cases, arguments.seed, arguments.only)
        ):
            results.append(result)
            sys.stdout.writelines(f"{line}\n" for line in told(result))
            sys.stdout.flush()
            if arguments.results:
                with Path(arguments.results).open("ab") as file:
                    file.write(msgspec.json.encode(result) + b"\n")
    sys.stdout.writelines(f"{line}\n" for line in ("", *table(results)))
    sys.stdout.write(f"{time.monotonic() - began:.0f} s; seed {arguments.seed}\n")
    return int(any(each.misses for each in results))


def _cases(count: int, seed: int, only: str) -> Iterator[Case]:
    words = [each for each in only.split(",") if each]
    for number in range(count):
        for form in ("decision", "accident"):
            case = case_of(number, form, seed)
            if not words or any(word == case.name or word in (case.kind, case.element, form) for word in words):
                yield case


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What fix carries out where a decision, or an accident, stands.")
    parser.add_argument("--cases", type=int, default=60, help="so many decisions, and as many accidents")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", help="cases, elements, kinds of hosts, decision or accident: d17,a17")
    parser.add_argument("--dry", action="store_true", help="do not ask hairpin: is each case what it says?")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--results", default="", help="append each result to this file, a JSON line each")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
