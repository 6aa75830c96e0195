"""Carries out the cases."""

import sys
from collections.abc import Iterable

from tests.tables import entries, hops, limits, links, names, ports, restarts, room, six, sizes
from tests.tables.case import Case, Row, carried_out

_TABLES = (limits, entries, ports, room, sizes, hops, names, restarts, links, six)


def carry_out(cases: Iterable[Case], words: list[str]) -> int:
    """Print a line for each question; return 1 if an answer is not what the connection shows."""
    rows: list[Row] = []
    for case in cases:
        if not words or any(word in case.name for word in words):
            for row in carried_out(case):
                print(row.line(), flush=True)
                rows.append(row)
    wrong = [row for row in rows if not row.right]
    stops = sum(1 for row in rows if row.wanted)
    print(f"{len(rows)} questions, {stops} that stop: {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(carry_out((case for each in _TABLES for case in each.CASES), sys.argv[1:]))
