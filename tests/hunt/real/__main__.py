"""``python -m tests.hunt.real``: the real hunt of causes (root).

Random commands on healthy lab hosts, judged by real exchanges of data.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from tests.hunt.real.case import DRAWS, Case, case_of
from tests.hunt.real.keeping import keep
from tests.hunt.real.report import tables, told
from tests.hunt.real.trial import Result, try_case
from tests.machine.command import command, numbers
from tests.machine.run import beside, tell


def main() -> int:
    """Try cases; the exit status is 1 if something is missed in one."""
    arguments = _arguments()
    drawn = partial(case_of, pairs=arguments.pairs, hosts=tuple(arguments.host), kinds=tuple(arguments.kind))
    found = beside(partial(_tried, drawn, kept=arguments.keep), numbers(arguments), arguments.parallel)
    return tell(found, told, _is_missed, table=tables, seed=arguments.seed, file=arguments.results)


def _tried(drawn: Callable[[int], Case], number: int, *, kept: bool) -> Result:
    watched = try_case(drawn(number))
    if kept and watched.result.misses:
        keep(watched)
    return watched.result


def _is_missed(result: Result) -> bool:
    return bool(result.misses)


def _arguments() -> argparse.Namespace:
    about = "Change real hosts, and hold the diagnosis against real exchanges."
    number = "try the case of that number alone"
    parser = command("tests.hunt.real", about, cases=20, seed="fresh", number=number, parallel=2, results=True)
    parser.add_argument("--pairs", type=float, default=0.2, help="the share of cases with two changes")
    parser.add_argument("--host", action="append", default=[], help="only this kind of host; may be repeated")
    parser.add_argument(
        "--kind", action="append", default=[], choices=sorted(DRAWS), help="only this kind of change; may be repeated"
    )
    parser.add_argument("--keep", action="store_true", help="keep missed cases in tests/fixtures/real")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
