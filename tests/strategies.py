"""Strategies that property tests share: packets, rules, tables, entries of a namespace's tables, changes.

Matches that a dialect has words for are drawn from its table: `iptables_matches`, `nft_row_matches`.

Their values are drawn from small ranges, so that rules and packets, and changes and what is there, meet.
"""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import cast

from hypothesis import strategies as st

from hairpin.change import change as c
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.netfilter.iptables.forms import Value, exactly
from hairpin.netfilter.iptables.match_rows import NAME_ROWS, ROWS, NameRow, OptionRow
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.nft.fields import FieldRow, payload
from hairpin.netfilter.nft.render import render_rule as nft_rule
from hairpin.netfilter.packet import ICMP, TCP, UDP, Packet, Seen
from hairpin.netfilter.rule_address import IpFamily

# Small ranges, so that rules and packets meet.
ADDRESSES = st.integers(0x0A000000, 0x0A00000F)
PORTS = st.integers(0, 7)
NAMES = st.sampled_from(("eth0", "eth1", "docker0", "e", ""))
_NUMBERS: tuple[ir.Field, ...] = ("saddr4", "daddr4", "sport", "dport", "mark", "protocol", "icmp")


@st.composite
def packets(draw: st.DrawFn) -> Seen:
    """Draw a packet, with the links that it comes in and goes out by."""
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
def field_matches(draw: st.DrawFn) -> ir.FieldMatch:
    """Draw a match of one number, in each form that rules have."""
    field = draw(st.sampled_from(_NUMBERS))
    values = ADDRESSES if field in ("saddr4", "daddr4") else PORTS
    kind = draw(st.sampled_from(("one", "prefix", "range", "two", "masked")))
    first, last = sorted((draw(values), draw(values)))
    negated = draw(st.booleans())
    match kind:
        case "one":
            return ir.FieldMatch(field, ((first, first),), negated)
        case "prefix":
            return ir.FieldMatch(field, ((first & ~3, first | 3),), negated)
        case "range":
            return ir.FieldMatch(field, ((first, last),), negated)
        case "two":
            return ir.FieldMatch(field, ((first, first), (last, last)), negated)
        case _:
            return ir.FieldMatch(field, ((first & 6, first & 6),), negated, mask=6)


@st.composite
def name_matches(draw: st.DrawFn) -> ir.NameMatch:
    """Draw a match of a link's name."""
    names = draw(st.sampled_from((("eth0",), ("docker0",), ("eth*",), ("*",), ("eth0", "eth1"))))
    return ir.NameMatch(draw(st.sampled_from(("iif", "oif"))), names, draw(st.booleans()))


MATCHES: st.SearchStrategy[ir.Match] = st.one_of(
    field_matches(),
    name_matches(),
    st.builds(ir.FibMatch, st.just("daddr"), st.just(("local",)), st.booleans()),
    st.just(ir.OpaqueMatch("unknown")),
)
_STATEMENTS: tuple[ir.Statement, ...] = (
    ir.Verdict("accept"),
    ir.Verdict("drop"),
    ir.Verdict("return"),
    ir.Jump("c1"),
    ir.Jump("c2"),
    ir.Jump("c2", goto=True),
    ir.SetField("mark", 0, 3),
    ir.SetField("mark", 0, 5),
)


@st.composite
def tables(draw: st.DrawFn) -> ir.Table:
    """Draw three chains; jumps lead only to later ones, since the kernel refuses loops."""

    def rules(number: int) -> tuple[ir.Rule, ...]:
        bodies = draw(st.lists(st.tuples(st.lists(MATCHES, max_size=3), st.sampled_from(_STATEMENTS)), max_size=12))
        kept: list[tuple[ir.Expression, ...]] = [
            (*matches, statement)
            for matches, statement in bodies
            if not isinstance(statement, ir.Jump) or int(statement.chain[1]) > number
        ]
        return tuple(ir.Rule(body, f"{number}.{n}", n) for n, body in enumerate(kept, 1))

    base = ir.Chain("c0", rules(0), "forward", policy=draw(st.sampled_from(("accept", "drop"))))
    return ir.Table("ip", "t", "iptables-nft", (base, ir.Chain("c1", rules(1)), ir.Chain("c2", rules(2))))


# --- matches by the tables of the dialects ---------------------------------------------------------------------------

_WIDTHS: dict[str, int] = {
    "smac": 48, "dmac": 48, "mark": 32, "ct-mark": 32, "skuid": 31, "skgid": 31, "length": 16, "icmp": 16, "icmp6": 16,
    "ethertype": 16, "sport": 16, "dport": 16, "dscp": 6, "ecn": 2, "pkttype": 2, "ct-direction": 1, "ct-state": 7,
    "ct-status": 4, "tcp-flags": 6,
}  # fmt: skip


def width_of(field: str) -> int:
    """Return how many bits a field has that rules compare."""
    if "addr4" in field or "addr6" in field:
        return 32 if "addr4" in field else 128
    return 16 if field.endswith("port") else _WIDTHS.get(field, 8)


def values(field: str, fits: Callable[[Value], bool]) -> st.SearchStrategy[Value]:
    """Draw what a field may be compared with, of the kinds that fit; a reader gives each back as it was written."""
    width = width_of(field)
    top = (1 << width) - 1
    number = st.sampled_from([each for each in (0, 1, 2, 4, 8) if each <= top]) | st.integers(0, top)
    # A mask that is the length of a prefix is read as a range.
    mask = st.integers(0, top >> 1).map(lambda half: half | 1)
    host = st.integers(0, width - 1).map(lambda bits: (1 << bits) - 1)
    bits = st.sets(st.integers(0, width - 1), min_size=1, max_size=2).map(sorted)
    kinds: tuple[tuple[Value, st.SearchStrategy[Value]], ...] = (
        (exactly(0 if fits(exactly(0)) else 1), number.map(exactly)),
        (_span(1, 2), st.tuples(number, number).map(lambda ends: _span(min(ends), max(ends)))),
        (_span(0, 1), st.integers(1, top).map(lambda last: _span(0, last - 1))),
        (_span(top - 1, top), st.integers(1, top).map(lambda first: _span(first, top))),
        (_span(0, 1), st.tuples(number, host).map(lambda both: _span(both[0] & ~both[1], both[0] | both[1]))),
        (_span(0, 0xFF), number.map(lambda value: _span(value & ~0xFF, value | 0xFF))),
        (exactly(1, 3), st.tuples(number, mask).map(lambda both: exactly(both[0] & both[1], both[1]))),
        (exactly(0, 1), mask.map(lambda drawn: exactly(0, drawn))),
        (_flags([0, 1]), st.lists(number, min_size=2, max_size=5, unique=True).map(_several)),
        (_flags([0, 1]), bits.map(_flags)),
    )
    # Flags of TCP always have a mask.
    fitting = [
        each
        for sample, each in kinds
        if sample.ranges[-1][1] <= top and fits(sample) and (field != "tcp-flags" or sample.plain is None)
    ]
    return st.one_of(fitting).filter(lambda value: value != _span(0, top) and fits(value))


def _span(first: int, last: int) -> Value:
    return Value(((first, last),))


def _several(numbers: list[int]) -> Value:
    return Value(tuple((each, each) for each in sorted(numbers)))


def _flags(bits: list[int]) -> Value:
    return _several([1 << bit for bit in bits])


@cache
def row_matches(row: OptionRow, family: IpFamily) -> st.SearchStrategy[ir.Match]:
    """Draw a match that the row of iptables' table has words for."""
    field = row.field_of(family)
    drawn = values(field, lambda value: isinstance(row.form.write(value, family), str))
    found = drawn if row.form.words else st.just(row.form.read("", family))
    negated = st.booleans() if row.negatable or row.lacking else st.just(False)
    return st.tuples(found, negated).map(lambda drawn: row.match(drawn[0], family, negated=drawn[1]))


@cache
def name_row_matches(row: NameRow) -> st.SearchStrategy[ir.Match]:
    """Draw a match of an interface's name that the row of iptables' table has words for."""
    names = st.from_regex(r"[a-z][a-z0-9.-]{0,13}[*]?", fullmatch=True) if row.given else st.just("")
    return st.tuples(names, st.booleans()).map(lambda drawn: ir.NameMatch(row.field, (drawn[0],), drawn[1]))


def iptables_matches(family: IpFamily, protocol: int) -> st.SearchStrategy[ir.Match]:
    """Draw a match that the modules of iptables have words for, in a rule with that protocol."""
    rows = [row for row in ROWS if row.written and row.module and family in row.families]
    # iptables asks for ``-p tcp`` before ``--ecn-tcp-ece``, though it is an option of no protocol's module.
    of = {row: row.protocols or ((TCP,) if row.field == "tcp-flags" else (protocol,)) for row in rows}
    fitting = [row for row in rows if protocol in of[row]]
    names = [row for row in NAME_ROWS if row.written and row.module]
    return st.sampled_from(fitting).flatmap(lambda row: row_matches(row, family)) | st.sampled_from(names).flatmap(
        name_row_matches
    )


_FEW_VALUES: dict[str, tuple[int, ...]] = {"ipsec-in": (0,), "ipsec-out": (0,), "fragment": (0,)}
"""What the IR has of fields of which nft says only whether they are there."""


@cache
def nft_row_matches(row: FieldRow) -> st.SearchStrategy[ir.Match]:
    """Draw a match that the row of nft's table has words for, in a table of family inet."""
    match row.field:
        case "iif" | "oif" | "physin" | "physout" as name:
            names = st.sampled_from((("lo",), ("eth*",), ("br-1", "veth9")))
            return st.tuples(names, st.booleans()).map(lambda drawn: ir.NameMatch(name, *drawn))
        case field:
            few = _FEW_VALUES.get(field)
            found = st.sampled_from(few).map(exactly) if few else values(field, lambda value: _nft_says(row, value))
            return st.tuples(found, st.booleans()).map(
                lambda drawn: ir.FieldMatch(field, drawn[0].ranges, drawn[1], drawn[0].mask)
            )


def _nft_says(row: FieldRow, value: Value) -> bool:
    """Return whether nft has words for it, in which the ranges do not touch: the reader joins those that do."""
    body = (ir.FieldMatch(cast("ir.Field", row.field), value.ranges, mask=value.mask),)
    touching = any(one[1] + 1 >= other[0] for one, other in pairwise(value.ranges))
    try:
        nft_rule((*nft_implied(row), *body), ir.Table("inet", "t", "nft", ()))
    except ChangeError:
        return False
    return not touching


def nft_implied(row: FieldRow) -> tuple[ir.FieldMatch, ...]:
    """Return what a row of nft's table implies in a table of family inet."""
    if row.head in ("meta", "ct", "rt") or row.head.startswith("ct "):
        return ()
    return payload({"protocol": row.head, "field": row.key}, "inet").needs


@st.composite
def prefixes(draw: st.DrawFn) -> tuple[int, int]:
    """Draw an IPv4 network and the length of its prefix."""
    length = draw(st.sampled_from((0, 8, 16, 24, 30, 32)))
    value = draw(st.integers(0x0A000000, 0x0AFFFFFF))
    return (value >> (32 - length) << (32 - length) if length else 0), length


@st.composite
def routes(draw: st.DrawFn, links: tuple[str, ...]) -> Route:
    """Draw an IPv4 route by one of the links, without a gateway, or a blackhole."""
    destination, length = draw(prefixes())
    table, metric = draw(st.sampled_from((254, 100))), draw(st.sampled_from((0, 50)))
    if draw(st.integers(0, 4)) == 0:
        return Route(4, destination, length, table, "blackhole", metric=metric)
    hop = NextHop(draw(st.sampled_from(links)))
    return Route(4, destination, length, table, next_hops=(hop,), metric=metric, scope="link")


@st.composite
def addresses(draw: st.DrawFn, links: tuple[str, ...]) -> Address:
    """Draw an IPv4 address on one of the links."""
    return Address(draw(st.sampled_from(links)), 4, draw(ADDRESSES), draw(st.sampled_from((24, 28, 32))))


@st.composite
def policy_rules(draw: st.DrawFn) -> PolicyRule:
    """Draw an ``ip rule``."""
    source = draw(st.none() | prefixes())
    return PolicyRule(4, draw(st.integers(1, 9)), table=draw(st.sampled_from((254, 100))), source=source)


@st.composite
def changes(draw: st.DrawFn, netns: Netns, namespace: Namespace) -> c.Change:
    """Draw one to four parts for the namespace; whether they fit together, only a simulation tells."""
    links = tuple(each.name for each in namespace.links if each.up)
    held: tuple[c.Entry, ...] = (*namespace.routes, *namespace.addresses, *namespace.rules)
    entries = routes(links) | addresses(links) | policy_rules()
    chains = [(table, chain) for table in namespace.ruleset.tables for chain in table.chains]

    def part() -> c.Primitive:
        kind = draw(st.integers(0, 5))
        if kind == 0:
            return c.AddEntry(netns, draw(entries))
        if kind == 1:
            return c.DeleteEntry(netns, draw(st.sampled_from(held)))
        if kind == 2:
            path = draw(st.sampled_from(sorted(namespace.sysctls.values)))
            return c.SetSysctl(netns, path, draw(st.sampled_from(("0", "1"))))
        table, chain = draw(st.sampled_from(chains))
        if kind == 3 and chain.rules:
            return c.DeleteRule(netns, place_of(table, chain.name, draw(st.sampled_from(chain.rules))))
        if kind == 4 and chain.hook is not None:
            return c.SetPolicy(netns, policy_place(table, chain), draw(st.sampled_from(("accept", "drop"))))
        if kind == 5:
            return c.AddChain(netns, table.dialect, table.family, table.name, draw(st.sampled_from(("NEW", "OTHER"))))
        link = ir.NameMatch("iif", (draw(st.sampled_from(links)),), draw(st.booleans()))
        body = (link, ir.Verdict(draw(st.sampled_from(("accept", "drop")))))
        rule = ir.Rule(body, spelled(body, chain.name, "ip"), 1)
        position = draw(st.integers(1, len(chain.rules) + 1))
        return c.InsertRule(netns, table.dialect, table.family, table.name, chain.name, rule, position)

    return c.Change(tuple(part() for _ in range(draw(st.integers(1, 4)))))
