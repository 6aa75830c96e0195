"""Numbers of routing tables: ``ip`` prints a name if ``rt_tables`` has one."""

import re
from collections.abc import Iterable
from zlib import crc32

from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN

_LINE = re.compile(r"\s*(0[xX][0-9a-fA-F]+|\d+)\s+([^\s#]+)")
_UNKNOWN = 1 << 32
"""Added to the number of a table whose name is in no file, because the kernel's numbers have 32 bits."""


class RouteTables:
    """Table numbers by name, for one host.  A name that is in no file gets a number above all kernel numbers.  It is
    the same for every mention, so routes and rules still refer to the same table.
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
