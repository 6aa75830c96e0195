"""``python -m tests.hunt.real [--cases N] [--seed S] [--number K] [--keep]``: the real hunt of causes (root).

Random commands on healthy lab hosts, judged by real exchanges of data.
"""

import argparse
import sys
import time
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from secrets import randbelow

import msgspec

from tests.hunt.real.case import DRAWS, case_of
from tests.hunt.real.keeping import keep
from tests.hunt.real.report import groups, tables, told
from tests.hunt.real.trial import Result, Watched, try_case


def _tried(number: int, pairs: float, hosts: tuple[str, ...], kinds: tuple[str, ...]) -> Watched:
    return try_case(case_of(number, pairs=pairs, hosts=hosts, **({"kinds": kinds} if kinds else {})))


def main() -> int:
    """Try cases; the exit status is 1 if something is missed in one."""
    arguments = _arguments()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    numbers = range(seed, seed + arguments.cases) if arguments.number is None else (arguments.number,)
    began, results = time.monotonic(), list[Result]()
    tried = partial(_tried, pairs=arguments.pairs, hosts=tuple(arguments.host), kinds=tuple(arguments.kind))
    with Pool(arguments.parallel, maxtasksperchild=20) as pool:
        for watched in pool.imap_unordered(tried, numbers):
            results.append(watched.result)
            sys.stdout.writelines(f"{line}\n" for line in told(watched.result))
            sys.stdout.flush()
            if arguments.keep and watched.result.misses:
                keep(watched)
            if arguments.results:
                with Path(arguments.results).open("ab") as file:
                    file.write(msgspec.json.encode(watched.result) + b"\n")
    for lines in (tables(results), groups(results)):
        sys.stdout.writelines(f"{line}\n" for line in ("", *lines))
    sys.stdout.write(f"\n{len(results)} cases in {time.monotonic() - began:.0f} s; seed {seed}\n")
    return int(any(each.misses for each in results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Change real hosts, and hold the diagnosis against real exchanges.")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--number", type=int, default=None, help="try the case of that number alone")
    parser.add_argument("--pairs", type=float, default=0.2, help="the share of cases with two changes")
    parser.add_argument("--host", action="append", default=[], help="only this kind of host; may be repeated")
    parser.add_argument(
        "--kind", action="append", default=[], choices=sorted(DRAWS), help="only this kind of change; may be repeated"
    )
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--results", default="", help="append each result to this file, a JSON line each")
    parser.add_argument("--keep", action="store_true", help="keep missed cases in tests/fixtures/real")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
