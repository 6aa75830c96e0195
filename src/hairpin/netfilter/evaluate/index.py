"""An index over a long chain: the rules that a packet can satisfy.

A rule whose first matches compare a field with one value (an address or prefix, a port, an interface) is evaluated only
for packets with that value.  Docker's DNAT chain of 50,000 rules becomes one dictionary lookup.  Short chains are
scanned: an index would cost more than it saves.
"""

from bisect import bisect_left
from collections.abc import Iterable

from hairpin.kept import kept
from hairpin.netfilter.evaluate.header import Header
from hairpin.netfilter.ir import FULL_MASK, Chain, FieldMatch, NameMatch, Rule, Table
from hairpin.netfilter.packet import Seen

INDEX_FROM = 48
"""Chains with fewer rules are scanned, because that is quicker (measured)."""

_SELECTIVITY = {
    "daddr4": 0, "daddr6": 0, "dport": 1, "saddr4": 2, "saddr6": 2, "sport": 3, "mark": 4, "oif": 5, "iif": 6,
}  # fmt: skip

_Question = tuple[str, int]
"""(field, mask); mask -1 for interface names"""


class CompiledChain:
    """A chain's rules, and for long chains an index over them."""

    __slots__ = ("_always", "_by_value", "_candidates", "_for_seen", "name", "rules")

    def __init__(self, chain: Chain) -> None:
        self.name = chain.name
        self.rules: tuple[Rule, ...] = chain.rules
        self._by_value: dict[_Question, dict[int | str, list[int]]] | None = None
        self._always: list[int] = []
        self._for_seen: Seen | None = None
        self._candidates: list[int] = []

    def next_candidate(self, start: int, header: Header, seen: Seen) -> int:
        """Return the first rule at or after ``start`` that the packet may satisfy, or the number of rules."""
        if len(self.rules) < INDEX_FROM:
            return start
        by_value = self.prepare()
        if self._for_seen is not seen:
            self._candidates = self._find(by_value, header)
            self._for_seen = seen
        at = bisect_left(self._candidates, start)
        return self._candidates[at] if at < len(self._candidates) else len(self.rules)

    def prepare(self) -> dict[_Question, dict[int | str, list[int]]]:
        """Return the index, made on first use; a short chain has an empty one."""
        if self._by_value is None:
            self._by_value = self._index() if len(self.rules) >= INDEX_FROM else {}
        return self._by_value

    def _index(self) -> dict[_Question, dict[int | str, list[int]]]:
        by_value: dict[_Question, dict[int | str, list[int]]] = {}
        for number, rule in enumerate(self.rules):
            best = _key(rule)
            if best is None:
                self._always.append(number)
            else:
                question, value = best
                by_value.setdefault(question, {}).setdefault(value, []).append(number)
        return by_value

    def _find(self, by_value: dict[_Question, dict[int | str, list[int]]], header: Header) -> list[int]:
        found = list(self._always)
        for (field, mask), values in by_value.items():
            value = header.get(field)
            if value is None:
                continue
            key = value & mask if isinstance(value, int) else value
            found += values.get(key, ())
        found.sort()
        return found


def _key(rule: Rule) -> tuple[_Question, int | str] | None:
    """Return the most selective exact comparison among the leading matches of the rule."""
    best: tuple[_Question, int | str] | None = None
    rank = 99
    for part in rule.body:
        if isinstance(part, FieldMatch):
            place = _SELECTIVITY.get(part.field, 99)
            if place >= rank or part.negated or len(part.ranges) != 1 or part.mask != FULL_MASK:
                continue
            first, last = part.ranges[0]
            if first == last:
                rank, best = place, ((part.field, -1), first)
                if not rank:
                    break
                continue
            span = last - first + 1
            if span & (span - 1) == 0 and first % span == 0 and place + 10 < rank:
                rank, best = place + 10, ((part.field, -span), first)
        elif isinstance(part, NameMatch):
            place = _SELECTIVITY.get(part.field, 99)
            if place < rank and not part.negated and len(part.names) == 1 and not part.names[0].endswith("*"):
                rank, best = place, ((part.field, -1), part.names[0])
        else:
            break
    return best


@kept
def compiled(chain: Chain) -> CompiledChain:
    """Return the chain compiled."""
    return CompiledChain(chain)


def prepare(tables: Iterable[Table]) -> None:
    """Index every long chain now, so that the first walk need not."""
    for table in tables:
        for chain in table.chains:
            if len(chain.rules) >= INDEX_FROM:
                compiled(chain).prepare()
