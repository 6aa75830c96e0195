"""Numbers of routing tables: ``ip`` prints names where ``rt_tables`` has them."""

import re
from collections.abc import Iterable
from zlib import crc32

from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN

_LINE = re.compile(r"\s*(0[xX][0-9a-fA-F]+|\d+)\s+([^\s#]+)")
_UNKNOWN = 1 << 32
"""Added to the number of a table whose name no file explains: the kernel's numbers have 32 bits."""


class RouteTables:
    """Names to numbers for one host.

    A name that no file explains gets a number above all that the kernel has, the same for every mention: routes and
    rules that speak of the same table still meet.
    """

    def __init__(self, files: Iterable[str] = ()) -> None:
        self._numbers = {"unspec": 0, "default": TABLE_DEFAULT, "main": TABLE_MAIN, "local": TABLE_LOCAL}
        for text in files:
            for line in text.splitlines():
                match = _LINE.match(line)
                if match is not None and len(match[1]) < 12:
                    self._numbers[match[2]] = int(match[1], 0)

    def number(self, table: str | int) -> int:
        """Return the number of a table that iproute2 names."""
        if isinstance(table, int):
            return table
        if table.isdigit() and len(table) < 12:
            return int(table)
        known = self._numbers.get(table)
        return _UNKNOWN + crc32(table.encode("utf-8", "surrogateescape")) if known is None else known
