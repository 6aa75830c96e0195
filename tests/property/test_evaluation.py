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
from hairpin.netfilter.ir import (
    Chain,
    Element,
    Expression,
    FibMatch,
    Field,
    FieldMatch,
    InlineSetMatch,
    Jump,
    Match,
    NameMatch,
    NumberKey,
    OpaqueMatch,
    Rule,
    SetField,
    Statement,
    Table,
    Verdict,
)
from hairpin.netfilter.packet import ICMP, TCP, UDP, Packet, Seen
from tests.netfilter.seen import Place, question

# Small ranges, so that rules and packets meet.
ADDRESSES = st.integers(0x0A000000, 0x0A00000F)
PORTS = st.integers(0, 7)
NAMES = st.sampled_from(("eth0", "eth1", "docker0", "e", ""))
NUMBERS: tuple[Field, ...] = ("saddr4", "daddr4", "sport", "dport", "mark", "protocol", "icmp")


@st.composite
def packets(draw: st.DrawFn) -> Seen:
    protocol = draw(st.sampled_from((TCP, UDP, ICMP, 47)))
    ports = protocol in (TCP, UDP)
    packet = Packet(
        4,
        draw(ADDRESSES),
        draw(ADDRESSES),
        protocol,
        sport=draw(PORTS) if ports else None,
        dport=draw(PORTS) if ports else None,
        icmp=draw(PORTS) if protocol == ICMP else None,
        mark=draw(PORTS),
    )
    return Seen(packet, iif=draw(NAMES), oif=draw(NAMES))


@st.composite
def field_matches(draw: st.DrawFn) -> FieldMatch:
    field = draw(st.sampled_from(NUMBERS))
    values = ADDRESSES if field in ("saddr4", "daddr4") else PORTS
    kind = draw(st.sampled_from(("one", "prefix", "range", "two", "masked")))
    first, last = sorted((draw(values), draw(values)))
    negated = draw(st.booleans())
    match kind:
        case "one":
            return FieldMatch(field, ((first, first),), negated)
        case "prefix":
            return FieldMatch(field, ((first & ~3, first | 3),), negated)
        case "range":
            return FieldMatch(field, ((first, last),), negated)
        case "two":
            return FieldMatch(field, ((first, first), (last, last)), negated)
        case _:
            return FieldMatch(field, ((first & 6, first & 6),), negated, mask=6)


@st.composite
def name_matches(draw: st.DrawFn) -> NameMatch:
    names = draw(st.sampled_from((("eth0",), ("docker0",), ("eth*",), ("*",), ("eth0", "eth1"))))
    return NameMatch(draw(st.sampled_from(("iif", "oif"))), names, draw(st.booleans()))


MATCHES: st.SearchStrategy[Match] = st.one_of(
    field_matches(),
    name_matches(),
    st.builds(FibMatch, st.just("daddr"), st.just(("local",)), st.booleans()),
    st.just(OpaqueMatch("unknown")),
)
STATEMENTS: tuple[Statement, ...] = (
    Verdict("accept"), Verdict("drop"), Verdict("return"), Jump("c1"), Jump("c2"), Jump("c2", goto=True),
    SetField("mark", 0, 3), SetField("mark", 0, 5),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw three chains; jumps lead only to later ones, since the kernel refuses loops."""

    def rules(number: int) -> tuple[Rule, ...]:
        bodies = draw(st.lists(st.tuples(st.lists(MATCHES, max_size=3), st.sampled_from(STATEMENTS)), max_size=12))
        kept: list[tuple[Expression, ...]] = [
            (*matches, statement)
            for matches, statement in bodies
            if not isinstance(statement, Jump) or int(statement.chain[1]) > number
        ]
        return tuple(Rule(body, f"{number}.{n}", n) for n, body in enumerate(kept, 1))

    base = Chain("c0", rules(0), "forward", policy=draw(st.sampled_from(("accept", "drop"))))
    return Table("ip", "t", "iptables-nft", (base, Chain("c1", rules(1)), Chain("c2", rules(2))))


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
