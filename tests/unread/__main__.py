"""``python -m tests.unread``: drops readings from recorded hosts by chance."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.machine.command import command
from tests.machine.run import tell
from tests.unread.hosts import Case, cases
from tests.unread.law import Broken, faults
from tests.unread.table import TELLERS


def main() -> int:
    """Try the drops; the exit status is 1 if the law does not hold once."""
    parser = command("tests.unread", "Drop readings, and hold what commands say then.", cases=500, seed=1)
    parser.add_argument("--teller", action="append", choices=TELLERS)
    arguments = parser.parse_args()
    found = map(_broken, cases(arguments.cases, arguments.seed, tuple(arguments.teller or TELLERS)))
    return tell(found, lambda each: map(Broken.line, each), bool, table=_table, seed=arguments.seed)


def _broken(case: Case) -> tuple[Broken, ...]:
    return tuple(faults(case.host, case.evidence, case.drop, case.teller, case.healthy))


def _table(cases: Sequence[tuple[Broken, ...]]) -> Iterator[str]:
    wrong = Counter(each.teller for broken in cases for each in broken)
    yield f"broken: {', '.join(f'{teller}: {number}' for teller, number in wrong.items()) or '0'}"


if __name__ == "__main__":
    sys.exit(main())
