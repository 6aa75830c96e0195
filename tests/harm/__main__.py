"""``python -m tests.harm``: decisions and accidents on real hosts (root)."""

import argparse
import sys
from collections.abc import Iterator
from functools import partial

from tests.harm.case import Case, case_of
from tests.harm.report import table, told
from tests.harm.trial import try_case
from tests.machine.command import command
from tests.machine.run import beside, tell

SEED = 47
"""The hosts of the default run are the same each time."""


def main() -> int:
    """Try the cases; the exit status is 1 if something is missed in one."""
    about = "What fix carries out where a decision, or an accident, stands: N decisions, and as many accidents."
    parser = command("tests.harm", about, cases=60, seed=SEED, parallel=2, results=True)
    parser.add_argument("--only", default="", help="cases, elements, kinds of hosts, decision or accident: d17,a17")
    parser.add_argument("--dry", action="store_true", help="do not ask hairpin: is each case what it says?")
    arguments = parser.parse_args()
    found = beside(partial(try_case, dry=arguments.dry), _cases(arguments), arguments.parallel, renewed=10)
    return tell(found, told, lambda each: bool(each.misses), table=table, seed=arguments.seed, file=arguments.results)


def _cases(arguments: argparse.Namespace) -> Iterator[Case]:
    words = [each for each in arguments.only.split(",") if each]
    for number in range(arguments.cases):
        for form in ("decision", "accident"):
            case = case_of(number, form, arguments.seed)
            if not words or any(word == case.name or word in (case.kind, case.element, form) for word in words):
                yield case


if __name__ == "__main__":
    sys.exit(main())
