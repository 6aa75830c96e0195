"""``python -m tests.live_proofs`` (root): ``make live-proofs``.

The exit status is 1 if a fault that the walk cannot see is not the headline, something healthy is, a host is not as it
was, or a share is not within its interval.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.live_proofs.trial import Case, Result, cases, try_case
from tests.machine.command import add_words, command, has_word
from tests.machine.run import beside, ended, tell


def main() -> int:
    """Try the cases; return the exit status."""
    parser = command(
        "tests.live_proofs", "Real packets on hosts whose fault no reading shows.", seed=1, parallel=2, results=True
    )
    parser.add_argument("--faulty", type=int, default=40, help="how many hosts with a fault (40)")
    parser.add_argument("--healthy", type=int, default=20, help="how many healthy hosts (20)")
    add_words(parser, "--names", "faults whose names have one of the words")
    arguments = parser.parse_args()
    drawn = cases(arguments.seed, arguments.faulty, arguments.healthy)
    wanted: list[Case] = [each for each in drawn if has_word(each.name, arguments.names)]
    results = beside(try_case, wanted, arguments.parallel)
    return tell(
        results, _lines, lambda each: bool(each.wrong), table=_table, seed=arguments.seed, file=arguments.results
    )


def _lines(result: Result) -> Iterator[str]:
    case = result.case
    low, high = result.interval
    yield (
        f"{'healthy' if case.healthy else 'broken ':8}{case.kind:10}{case.name:44}status {result.status}  "
        f"{result.answered}/{result.sent} answered ({100 * low:.0f} to {100 * high:.0f} %)  {result.seconds:5.1f} s"
    )
    yield from (f"    WRONG {each}" for each in result.wrong)


def _table(results: Sequence[Result]) -> Iterator[str]:
    broken = [each for each in results if not each.case.healthy]
    healthy = [each for each in results if each.case.healthy]
    told = sum(bool(each.headline) for each in broken)
    yield f"headline on {told} of {len(broken)} broken hosts, on {sum(bool(each.headline) for each in healthy)} of "
    yield f"{len(healthy)} healthy ones"
    kept = [each.holds_chance for each in broken if each.holds_chance is not None]
    yield f"the interval holds the chance of the fault in {sum(kept)} of {len(kept)}"
    counted = [each for each in broken if each.dropped is not None]
    exact = sum(each.sent - each.answered == each.dropped for each in counted)
    yield f"as many probes failed as the fault's own counter says in {exact} of {len(counted)}"
    wrong = Counter(one.partition(":")[0] for each in results for one in each.wrong)
    yield from (f"WRONG {name}: {count}" for name, count in wrong.items())


if __name__ == "__main__":
    sys.exit(ended(main))
