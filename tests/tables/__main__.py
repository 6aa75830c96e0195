"""``python -m tests.tables [WORD …]``: carries out the cases whose names have one of the words."""

import sys

from tests.machine.command import add_words, command
from tests.tables import entries, hops, limits, links, names, ports, restarts, room, six, sizes
from tests.tables.case import rows_of
from tests.tables.row import judged

_TABLES = (limits, entries, ports, room, sizes, hops, names, restarts, links, six)


def main() -> int:
    """Carry the cases out."""
    parser = command("tests.tables", "Hold answers about states of hosts against real connections (root).")
    add_words(parser, "words", "cases whose names have one of the words")
    return judged(rows_of((case for each in _TABLES for case in each.CASES), parser.parse_args().words))


if __name__ == "__main__":
    sys.exit(main())
