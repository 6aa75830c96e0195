"""An index over a long chain, which finds the rules that a packet can satisfy.

If the first matches of a rule compare a field with one value (an address or prefix, a port, an interface), the rule is
evaluated only for packets with that value.  In Docker's DNAT chain of 50,000 rules, one dictionary lookup finds the
rule.  All rules of a short chain are tried, because an index would cost more than it saves.
"""

from bisect import bisect_left
from collections.abc import Iterable

from hairpin.kept import kept
from hairpin.netfilter.evaluate.header import Header
from hairpin.netfilter.ir import FULL_MASK, Chain, FieldMatch, NameMatch, Rule, Table
from hairpin.netfilter.packet import Seen

INDEX_FROM = 48
"""A chain with fewer rules has no index, because trying all its rules is quicker (measured)."""

_SELECTIVITY = {
    "daddr4": 0, "daddr6": 0, "dport": 1, "saddr4": 2, "saddr6": 2, "sport": 3, "mark": 4, "oif": 5, "iif": 6,
}  # fmt: skip

_Question = tuple[str, int]
"""A field that the index compares, and its mask; -1 is the mask of a whole number or of an interface name."""


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
        """Return the index of the first rule, from ``start`` on, that the packet may satisfy.  If there is no such
        rule, return the number of rules."""
        if len(self.rules) < INDEX_FROM:
            return start
        by_value = self.prepare()
        if self._for_seen is not seen:
            self._candidates = self._find(by_value, header)
            self._for_seen = seen
        at = bisect_left(self._candidates, start)
        return self._candidates[at] if at < len(self._candidates) else len(self.rules)

    def prepare(self) -> dict[_Question, dict[int | str, list[int]]]:
        """Return the chain's index, which is made on first use.  The index of a short chain is empty."""
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
    """Return the most selective comparison with one value among the leading matches of the rule, or None."""
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
    """Return the compiled chain; it is kept with the chain."""
    return CompiledChain(chain)


def prepare(tables: Iterable[Table]) -> None:
    """Make the index of every long chain now.  The first walk then does not have to wait for an index."""
    for table in tables:
        for chain in table.chains:
            if len(chain.rules) >= INDEX_FROM:
                compiled(chain).prepare()
