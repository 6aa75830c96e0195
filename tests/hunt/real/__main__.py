"""``python -m tests.hunt.real``: the real hunt of causes (root).

Random commands on healthy lab hosts, judged by real exchanges of data.
"""

import argparse
import sys
from functools import partial

from tests.hunt.real.case import DRAWS, case_of
from tests.hunt.real.keeping import keep
from tests.hunt.real.report import tables, told
from tests.hunt.real.trial import Watched, try_case
from tests.machine.command import command, numbers
from tests.machine.run import beside, tell


def main() -> int:
    """Try cases; the exit status is 1 if something is missed in one."""
    arguments = _arguments()
    act = partial(_tried, pairs=arguments.pairs, hosts=tuple(arguments.host), kinds=tuple(arguments.kind))
    found = beside(act, numbers(arguments), arguments.parallel)
    return tell(
        found, told, _is_missed, table=tables, seed=arguments.seed, file=arguments.results,
        keep=keep if arguments.keep else None,
    )  # fmt: skip


def _tried(number: int, pairs: float, hosts: tuple[str, ...], kinds: tuple[str, ...]) -> Watched:
    return try_case(case_of(number, pairs=pairs, hosts=hosts, **({"kinds": kinds} if kinds else {})))


def _is_missed(watched: Watched) -> bool:
    return bool(watched.result.misses)


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
