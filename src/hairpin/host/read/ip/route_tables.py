"""The numbers of routing tables.  ``ip`` prints a table's name if a file ``rt_tables`` has a name for the table's
number."""

import re
from collections.abc import Iterable
from zlib import crc32

from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN

_LINE = re.compile(r"\s*(0[xX][0-9a-fA-F]+|\d+)\s+([^\s#]+)")
_UNKNOWN = 1 << 32
"""The number that is added to the checksum of a table's name if the name is in no file.  The sum is larger than the
kernel's numbers, which have 32 bits."""


class RouteTables:
    """The numbers of one host's routing tables by name.  A name that is in no file gets a number above all numbers of
    the kernel.  The name always gets the same number, so routes and rules still refer to the same table.
    """

    def __init__(self, files: Iterable[str] = ()) -> None:
        self._numbers = {"unspec": 0, "default": TABLE_DEFAULT, "main": TABLE_MAIN, "local": TABLE_LOCAL}
        for text in files:
            for line in text.splitlines():
                match = _LINE.match(line)
                if match is not None and len(match[1]) < 12:
                    self._numbers[match[2]] = int(match[1], 0)

    def number(self, table: str | int) -> int:
        """Return the number of a table from the name or number that iproute2 prints."""
        if isinstance(table, int):
            return table
        if table.isdigit() and len(table) < 12:
            return int(table)
        known = self._numbers.get(table)
        return _UNKNOWN + crc32(table.encode("utf-8", "surrogateescape")) if known is None else known
