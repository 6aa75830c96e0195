"""Laws of evaluation: negation is complement, and an indexed chain decides as the same chain read rule by rule."""

from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hairpin.netfilter.evaluate.chain import Decision
from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.evaluate.index import INDEX_FROM
from hairpin.netfilter.evaluate.match import satisfies
from hairpin.netfilter.evaluate.traversal import decide
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import Element, FieldMatch, InlineSetMatch, NameMatch, NumberKey, Rule, Table, Verdict
from hairpin.netfilter.packet import Seen
from tests.netfilter.seen import Place, question
from tests.strategies import PORTS, field_matches, name_matches, packets, tables

NEVER = (FieldMatch("dport", ((1, 1),)), FieldMatch("dport", ((2, 2),)), Verdict("drop"))


def lengthened(table: Table) -> Table:
    """Return the table with chains that are long enough for an index, by further rules that no packet satisfies."""
    more = tuple(Rule(NEVER, "", number) for number in range(1000, 1000 + INDEX_FROM))
    chains = tuple(msgspec.structs.replace(each, rules=(*each.rules, *more)) for each in table.chains)
    return msgspec.structs.replace(table, chains=chains)


def decided(table: Table, seen: Seen) -> tuple[Decision, ...]:
    return decide(table, table.chains[0], seen, Place(), ())


@given(table=tables(), seen=packets())
def test_the_index_agrees_with_a_plain_scan(table: Table, seen: Seen) -> None:
    assert all(len(chain.rules) < INDEX_FROM for chain in table.chains)
    assert decided(table, seen) == decided(lengthened(table), seen)


@given(match=field_matches(), seen=packets())
def test_negation_of_a_field_is_its_complement_if_the_packet_has_it(match: FieldMatch, seen: Seen) -> None:
    plain, negated = (FieldMatch(match.field, match.ranges, sign, match.mask) for sign in (False, True))
    answers = (satisfies(question(seen), plain), satisfies(question(seen), negated))
    if match.field in header_of(seen):
        assert answers[1] is ~answers[0]
    else:
        assert answers == (Truth.NO, Truth.NO)


@given(match=name_matches(), seen=packets())
def test_negation_of_a_name_is_complement(match: NameMatch, seen: Seen) -> None:
    plain, negated = (NameMatch(match.field, match.names, sign) for sign in (False, True))
    assert satisfies(question(seen), negated) is ~satisfies(question(seen), plain)


@given(seen=packets(), bounds=st.lists(PORTS, min_size=2, max_size=6, unique=True))
def test_negation_of_a_set_is_its_complement_if_the_packet_has_the_field(seen: Seen, bounds: list[int]) -> None:
    elements = tuple(Element((NumberKey(first, last),)) for first, last in pairwise(sorted(bounds)))
    plain, negated = (InlineSetMatch(elements, ("mark",), sign) for sign in (False, True))
    assert satisfies(question(seen), negated) is ~satisfies(question(seen), plain)
