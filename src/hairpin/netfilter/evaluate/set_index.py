"""An index over a long set, which finds the elements whose first dimension may contain a packet's value.

In a set of 200,000 addresses, a few binary searches find an address.  Elements are grouped by the size of their first
range, rounded up to a power of two.  An ipset of networks may have networks inside networks, but networks of one size
do not overlap.  So in each group only the few ranges that begin close below a value can contain it.  All elements of a
short set are tried, because an index would be slower.
"""

from bisect import bisect_right
from collections.abc import Sequence

from hairpin.kept import kept
from hairpin.netfilter.ir import Element, InlineSetMatch, NumberKey, Set

_INDEX_FROM = 32


def elements_for(holder: Set | InlineSetMatch, value: int | str) -> Sequence[Element]:
    """Return the elements that may match a packet whose first field has that value, in the order of the set."""
    if len(holder.elements) < _INDEX_FROM:
        return holder.elements
    return _index(holder).find(value)


class _Index:
    """The elements of one set.  ``_by_size`` has, for each bit length of the first range's size, the sorted first
    values of these ranges, and the elements' numbers in the same order.  ``_others`` has the numbers of elements whose
    first dimension is no range of numbers."""

    def __init__(self, elements: tuple[Element, ...]) -> None:
        self._elements = elements
        self._others: list[int] = []
        by_size: dict[int, list[tuple[int, int]]] = {}
        for number, element in enumerate(elements):
            key = element.key[0] if element.key else None
            if isinstance(key, NumberKey):
                by_size.setdefault((key.last - key.first).bit_length(), []).append((key.first, number))
            else:
                self._others.append(number)
        self._by_size: dict[int, tuple[list[int], list[int]]] = {}
        for bits, found in by_size.items():
            found.sort()
            self._by_size[bits] = [first for first, _ in found], [number for _, number in found]

    def find(self, value: int | str) -> list[Element]:
        """Return the elements whose first dimension may contain the value, in the order of the set."""
        found = list(self._others)
        if isinstance(value, int):
            for bits, (firsts, numbers) in self._by_size.items():
                at = bisect_right(firsts, value)
                while at and firsts[at - 1] > value - (1 << bits):
                    at -= 1
                    found.append(numbers[at])
        found.sort()
        return [self._elements[number] for number in found]


@kept
def _index(holder: Set | InlineSetMatch) -> _Index:
    return _Index(holder.elements)
