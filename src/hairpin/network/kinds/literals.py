"""The numbers and words of a network that belong to no single container, and the cells between them.

Two addresses are in one cell if they are in the same ranges and prefixes, and if no reading names one of them.
Likewise, two ports in one cell are in the same ranges, and no reading names either of them.  So every comparison has
the same result for two values in one cell.
"""

import re
from bisect import bisect_right

from hairpin.field import Role
from hairpin.netfilter.ir import FieldMatch
from hairpin.network.kinds.own_values import Own
from hairpin.network.prefix import address_text

Cell = tuple[object, ...]
"""A cell of values: the literals that the values equal, and the literals that the values exceed."""

_NUMBERS = re.compile(r"\d+")
_APART: tuple[Role, ...] = ("index", "inner-index", "netnsid", "mac")
"""Roles whose numbers are compared only with numbers of the same role."""


class Literals:
    """The literals of a network that have been noted.

    ``unknown`` is true if a reading computes with addresses or ports (a hash, a mapping of prefixes).  In that case two
    values in one cell may give different results."""

    def __init__(self) -> None:
        self.unknown = False
        self.taken: set[int] = set()
        """The ports of connections in the hosts' conntrack tables."""
        self.claimed: dict[Role, set[int | str]] = {"address": set(), "port": set()}
        """The addresses and ports that are containers' own values."""
        self._points: dict[Role, set[int]] = {}
        self._anywhere: set[int] = set()
        self._bounds: set[int] = {0}
        self._words: set[str] = set()
        self._masked: set[FieldMatch] = set()
        self._sorted: list[int] = []
        self._patterns: tuple[str, ...] = ()

    def note_point(self, role: Role, value: int | str) -> None:
        """Note a value of the role ``role``.  Other values are compared with the noted value only for equality."""
        if isinstance(value, str):
            self._words.add(value)
        else:
            self._points.setdefault(role, set()).add(value)

    def note_number(self, value: int) -> None:
        """Note a number without a known role: other numbers may be compared with it by equality or by order."""
        self._anywhere.add(value)
        self._bounds.add(value)
        self._bounds.add(value + 1)

    def note_range(self, first: int, last: int) -> None:
        """Note an inclusive range of numbers."""
        if first == last:
            self._anywhere.add(first)
        else:
            self._bounds.add(first)
            self._bounds.add(last + 1)

    def note_prefix(self, value: int, length: int) -> None:
        """Note a prefix as a range of addresses.  A prefix that may be of either IP version is noted as two ranges, one
        of each version.  A single address is noted elsewhere, as a number."""
        for width in (32, 128):
            if length < width and value < 1 << width:
                size = 1 << (width - length)
                first = value - value % size
                self.note_range(first, first + size - 1)

    def note_masked(self, match: FieldMatch) -> None:
        """Note a match that compares only a part of a field's bits."""
        self._masked.add(match)

    def note_word(self, word: str) -> None:
        """Note a name or another text."""
        self._words.add(word)

    def note_text(self, text: str) -> None:
        """Note the numbers in a text, such as a sysctl's value."""
        for found in _NUMBERS.findall(text):
            self.note_number(int(found))

    def settle(self) -> None:
        """Prepare the cells, after all literals have been noted."""
        self._sorted = sorted(self._bounds)
        self._patterns = tuple(each[:-1] for each in self._words if each.endswith("*"))

    def cell(self, own: Own, value: int | str) -> Cell:
        """Return the cell of a container's own value."""
        if isinstance(value, str):
            named = value if value in self._words else None
            return named, tuple(each for each in self._patterns if value.startswith(each))
        of_role = self._points.get(own.role, set[int]())
        if own.role in _APART and own.role != "mac":
            return (value if value in of_role else None,)
        place = bisect_right(self._sorted, value)
        if value in of_role or value in self._anywhere or (own.role == "address" and self._is_written(value)):
            return place, value
        return place, tuple(self._satisfies(each, value) for each in self._masked)

    def _is_written(self, address: int) -> bool:
        return any(address_text(address, version) in self._words for version in (4, 6) if address >> 32 or version == 4)

    def _satisfies(self, match: FieldMatch, value: int) -> bool:
        return any(first <= value & match.mask <= last for first, last in match.ranges)

    def is_named(self, word: str) -> bool:
        """Return whether a reading contains the word, or a prefix pattern that the word fits."""
        return word in self._words or word.startswith(self._patterns)

    def port_cell(self, port: int) -> Cell | None:
        """Return the cell of a flow's source port and of the next higher port, which the flow's relay uses as its
        source port.  Return None if a reading names one of these ports."""
        named = self._points.get("port", set[int]())
        for each in (port, port + 1):
            if each in named or each in self._anywhere or each in self.taken or each in self.claimed["port"]:
                return None
        return (
            bisect_right(self._sorted, port),
            bisect_right(self._sorted, port + 1),
            *(self._satisfies(match, each) for match in self._masked for each in (port, port + 1)),
        )

    def address_cell(self, address: int) -> Cell | None:
        """Return the cell of a flow's destination address; None if a container has the address or a reading names
        it."""
        named = self._points.get("address", set[int]())
        if address in named or address in self._anywhere or address in self.claimed["address"]:
            return None
        if self._is_written(address):
            return None
        return bisect_right(self._sorted, address), *(self._satisfies(match, address) for match in self._masked)
