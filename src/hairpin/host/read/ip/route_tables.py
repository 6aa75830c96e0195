"""The numbers of routing tables and the values of the TOS byte, by their names in iproute2's files.  ``ip`` prints a
table's name if a file ``rt_tables`` has a name for the table's number."""

import re
from collections.abc import Iterable
from zlib import crc32

from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN

_TOS_NAMES = {
    "default": 0x00, "lowcost": 0x02, "reliability": 0x04, "throughput": 0x08, "lowdelay": 0x10, "EF": 0xB8,
    "AF11": 0x28, "AF12": 0x30, "AF13": 0x38, "AF21": 0x48, "AF22": 0x50, "AF23": 0x58,
    "AF31": 0x68, "AF32": 0x70, "AF33": 0x78, "AF41": 0x88, "AF42": 0x90, "AF43": 0x98,
    "CS1": 0x20, "CS2": 0x40, "CS3": 0x60, "CS4": 0x80, "CS5": 0xA0, "CS6": 0xC0, "CS7": 0xE0,
}  # fmt: skip
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


def tos(text: str | int) -> int:
    """Return the TOS byte for ``0x10``, ``16`` or a name; raise ValueError for an unknown name."""
    if isinstance(text, int):
        return text
    if text in _TOS_NAMES:
        return _TOS_NAMES[text]
    return int(text, 0)
