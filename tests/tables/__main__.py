"""Carries out the cases."""

import sys
from collections.abc import Iterable
from typing import Protocol

from tests.tables import entries, hops, limits, links, names, ports, restarts, room, six, sizes
from tests.tables.case import Case, Row, carried_out


class Table(Protocol):
    """A module of cases."""

    @property
    def CASES(self) -> tuple[Case, ...]:  # noqa: N802 - a constant of the module
        """The cases, in order."""


_TABLES: tuple[Table, ...] = (limits, entries, ports, room, sizes, hops, names, restarts, links, six)


def carry_out(tables: Iterable[Table], words: list[str]) -> int:
    """Print a line for each question of the tables; return 1 if an answer is not what the connection shows."""
    rows: list[Row] = []
    for case in (case for each in tables for case in each.CASES):
        if not words or any(word in case.name for word in words):
            for row in carried_out(case):
                print(row.line(), flush=True)
                rows.append(row)
    wrong = [row for row in rows if not row.right]
    stops = sum(1 for row in rows if row.wanted)
    print(f"{len(rows)} questions, {stops} that stop: {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(carry_out(_TABLES, sys.argv[1:]))
