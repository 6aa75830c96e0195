"""Law: what is written for iptables reads back as the same IR, whatever the rule."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.netfilter.ir import (
    AnyOfMatch,
    Chain,
    Expression,
    Field,
    FibMatch,
    FieldMatch,
    Jump,
    Match,
    NameMatch,
    Nat,
    NoEffect,
    Notrack,
    OpaqueMatch,
    Outside,
    Ranges,
    Reject,
    ReversePathMatch,
    Rule,
    Set,
    SetField,
    SetMatch,
    SetZone,
    SocketMatch,
    StatefulMatch,
    Statement,
    Table,
    Verdict,
)
from hairpin.netfilter.iptables_save import parse
from hairpin.netfilter.prefix import IpFamily, address_bits
from hairpin.netfilter.render import render

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "netfilter"
MARKS = 0xFFFFFFFF

PORTS = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda ends: (min(ends), max(ends)))
SOME_PORTS = st.lists(PORTS, min_size=1, max_size=7).map(tuple)
NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,13}[*]?", fullmatch=True)
MASKS = st.integers(0, MARKS - 1)
# No control characters: iptables takes a comment from a command line, and one rule is one line.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)
FAMILIES: st.SearchStrategy[IpFamily] = st.sampled_from(("ip", "ip6"))


def address_field(side: str, family: IpFamily) -> Field:
    fields: dict[str, Field] = {"sip": "saddr4", "sip6": "saddr6", "dip": "daddr4", "dip6": "daddr6"}
    return fields[side + family]


def tracked_address_field(side: str, family: IpFamily) -> Field:
    fields: dict[str, Field] = {
        "sip": "ct-orig-saddr4", "sip6": "ct-orig-saddr6", "dip": "ct-repl-daddr4", "dip6": "ct-repl-daddr6",
    }  # fmt: skip
    return fields[side + family]


@st.composite
def prefixes(draw: st.DrawFn, family: IpFamily) -> Ranges:
    bits = address_bits(family)
    host = draw(st.integers(0, bits - 1))
    first = draw(st.integers(0, (1 << bits) - 1)) >> host << host
    return ((first, first | (1 << host) - 1),)


@st.composite
def spans(draw: st.DrawFn, family: IpFamily) -> Ranges:
    ends = draw(st.tuples(*[st.integers(0, (1 << address_bits(family)) - 1)] * 2).filter(lambda ends: ends != (0, 0)))
    if (min(ends), max(ends)) == (0, (1 << address_bits(family)) - 1):
        return ((1, 1),)
    return ((min(ends), max(ends)),)


def fields(field: Field, ranges: st.SearchStrategy[Ranges]) -> st.SearchStrategy[Match]:
    return st.builds(FieldMatch, st.just(field), ranges, st.booleans())


def numbers(field: Field, last: int) -> st.SearchStrategy[Match]:
    return fields(field, st.integers(0, last).map(lambda number: ((number, number),)))


def masked(field: Field) -> st.SearchStrategy[Match]:
    return st.builds(
        lambda value, mask, negated: FieldMatch(field, ((value, value),), negated, mask),
        st.integers(0, MARKS), MASKS, st.booleans(),
    )  # fmt: skip


def states() -> st.SearchStrategy[Match]:
    bits = st.lists(st.sampled_from((1, 2, 4, 8, 64)), min_size=1, unique=True).map(sorted)
    ranges = bits.map(lambda found: tuple((bit, bit) for bit in found))
    virtual = st.sampled_from((16, 32, 48)).map(lambda bits: FieldMatch("ct-status", ((0, 0),), True, bits))
    plain = fields("ct-state", ranges)
    both = st.builds(lambda one, two: (FieldMatch("ct-state", one), two), ranges, virtual)
    return plain | st.builds(AnyOfMatch, both | virtual.map(lambda match: (match,)), st.booleans())


def any_protocol_matches(family: IpFamily) -> st.SearchStrategy[Expression]:
    source, target = address_field("s", family), address_field("d", family)
    types = st.lists(st.sampled_from(("local", "unicast", "broadcast")), min_size=1, unique=True).map(tuple)
    return st.one_of(
        fields(source, spans(family)), fields(target, spans(family)),
        masked("mark"), numbers("ct-mark", MARKS), states(),
        numbers("ct-protocol", 255), numbers("ct-direction", 1), fields("ct-orig-dport", PORTS.map(lambda ends: (ends,))),
        fields(tracked_address_field("s", family), prefixes(family)),
        fields(tracked_address_field("d", family), prefixes(family)),
        numbers("ttl", 255), st.integers(1, 254).map(lambda value: FieldMatch("ttl", ((0, value),))),
        fields("length", PORTS.map(lambda ends: (ends,))), numbers("pkttype", 2), numbers("dscp", 63), numbers("ecn", 3),
        numbers("smac", (1 << 48) - 1),
        st.integers(0, 99).map(lambda uid: FieldMatch("skuid", ((uid, uid),))),
        st.integers(0, 99).map(lambda gid: AnyOfMatch((FieldMatch("skgid", ((0, gid),)),), True)),
        st.integers(0, 1).map(lambda applied: FieldMatch("ipsec-in", ((applied, applied),))),
        st.builds(NameMatch, st.sampled_from(("physin", "physout")), NAMES.map(lambda name: (name,)), st.booleans()),
        st.builds(NameMatch, st.sampled_from(("physin", "physout")), st.just(("",)), st.booleans()),
        st.builds(FibMatch, st.sampled_from(("saddr", "daddr")), types, st.booleans(), st.sampled_from((None, "iif", "oif"))),
        st.builds(ReversePathMatch, *[st.booleans()] * 4), st.builds(SocketMatch, st.booleans(), st.booleans()),
        st.builds(SetMatch, st.just("addresses"), st.sampled_from(((source,), (target,))), st.booleans()),
        st.just(AnyOfMatch((SetMatch("ports", (target, "protocol", "dport")),), True)),
        TEXTS.map(lambda text: NoEffect("comment", text)),
        st.sampled_from((
            StatefulMatch("limit", "-m limit --limit 3/min --limit-burst 5"), StatefulMatch("quota", "-m quota ! --quota 5", False),
            NoEffect("recent", "-m recent --set --name x --rsource"), OpaqueMatch('-m u32 --u32 "0x6&0xff=0x1 -j"'),
            OpaqueMatch("-m conntrack --ctstate INVALID --ctdir REPLY"), OpaqueMatch("-m foo ! --bar 1 2"),
        )),
    )  # fmt: skip


def protocol_matches(protocol: int, family: IpFamily) -> st.SearchStrategy[Expression]:
    if protocol in (6, 17, 132, 136):
        both = SOME_PORTS.map(lambda ranges: (FieldMatch("sport", ranges), FieldMatch("dport", ranges)))
        ports: st.SearchStrategy[Expression] = st.one_of(
            fields("sport", SOME_PORTS), fields("dport", SOME_PORTS), st.builds(AnyOfMatch, both, st.booleans())
        )
        flags = st.builds(
            lambda value, mask, negated: FieldMatch("tcp-flags", ((value, value),), negated, mask),
            st.integers(0, 63), st.integers(0, 63), st.booleans(),
        )  # fmt: skip
        return ports | flags if protocol == 6 else ports
    kinds = st.integers(0, 254).map(lambda kind: ((kind << 8, kind << 8 | 255),))
    codes = st.integers(0, 0xFEFF).map(lambda code: ((code, code),))
    if (protocol, family) in {(1, "ip"), (58, "ip6")}:
        return fields("icmp" if protocol == 1 else "icmp6", kinds | codes | st.just(((0, 0xFFFF),)))
    return st.nothing()


def targets(family: IpFamily) -> st.SearchStrategy[tuple[Statement, ...]]:
    addresses = (prefixes(family) | spans(family)).map(lambda ranges: ranges[0])
    flags = st.sampled_from(((), ("random",), ("random-fully",), ("random", "persistent")))
    ports = st.none() | PORTS
    version = 4 if family == "ip" else 6
    answer = "icmp-host-prohibited" if family == "ip" else "icmp6-adm-prohibited"
    one = st.one_of(
        st.sampled_from((
            Verdict("accept"), Verdict("drop"), Verdict("return"), Jump("MINE"), Jump("MINE", goto=True), Reject(answer),
            Reject("tcp-reset"), Notrack(), NoEffect("LOG", '--log-prefix "a -j b "'), NoEffect("TRACE"), NoEffect("CT"),
            Outside("NFQUEUE", "--queue-num 3"), Outside("TTL", "--ttl-dec 1", ends=False),
        )),
        st.builds(
            lambda kind, where, port, flag: Nat(kind, where, port, flag, version=version),
            st.sampled_from(("snat", "dnat")), addresses, ports, flags,
        ),
        st.builds(Nat, st.just("dnat"), st.none(), ports, flags),
        st.builds(Nat, st.sampled_from(("masquerade", "redirect")), st.none(), ports, flags),
        st.builds(SetField, st.sampled_from(("mark", "ct-mark")), st.integers(0, MARKS), st.integers(0, MARKS)),
        st.builds(lambda keep, mask: SetField("mark", keep, 0, "ct-mark", mask), st.integers(0, MARKS), MASKS),
        st.builds(lambda keep, mask: SetField("ct-mark", keep, 0, "mark", mask), st.integers(0, MARKS), MASKS),
        st.builds(SetField, st.just("ttl"), st.just(0), st.integers(0, 255)),
        st.builds(SetField, st.just("dscp"), st.integers(0, 62), st.integers(0, 63)),
        st.builds(SetField, st.just("ecn"), st.integers(0, 2), st.integers(0, 3)),
        st.integers(0, 65535).map(SetZone),
    )  # fmt: skip
    two = st.sampled_from((
        (SetField("dscp", 0, 4), SetField("ecn", 0, 1)), (SetZone(5), NoEffect("CT", "--helper ftp")), (),
    ))  # fmt: skip
    return one.map(lambda statement: (statement,)) | two


@st.composite
def bodies(draw: st.DrawFn, family: IpFamily) -> tuple[Expression, ...]:
    protocol = draw(st.sampled_from((0, 6, 17, 132, 136, 47, 1, 58)))
    found: list[Expression] = [
        draw(strategy)
        for strategy in (
            fields(address_field("s", family), prefixes(family)),
            fields(address_field("d", family), prefixes(family)),
            st.builds(NameMatch, st.just("iif"), NAMES.map(lambda name: (name,)), st.booleans()),
            st.builds(NameMatch, st.just("oif"), NAMES.map(lambda name: (name,)), st.booleans()),
        )
        if draw(st.booleans())
    ]
    found += draw(st.lists(any_protocol_matches(family), max_size=3))
    if protocol:
        found += draw(st.lists(protocol_matches(protocol, family), max_size=2)) if protocol not in (47, 1, 58) else []
        found = [FieldMatch("protocol", ((protocol, protocol),)), *draw(st.permutations(found))]
    return (*found, *draw(targets(family)))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    family = draw(FAMILIES)
    counters = draw(st.none() | st.integers(0, 1 << 40))
    rules = tuple(
        Rule(body, "", number, 0, None, counters, counters)
        for number, body in enumerate(draw(st.lists(bodies(family), max_size=4)), 1)
    )
    policy = draw(st.sampled_from(("accept", "drop")))
    base = Chain("FORWARD", rules, "forward", "filter", 0, policy, (), counters or 0)
    return Table(family, "filter", "iptables-nft", (base, Chain("MINE", rules)), evidence="e1")


def sets_of(family: IpFamily) -> tuple[Set, ...]:
    suffix = "" if family == "ip" else " inet6"
    return Set("addresses", f"hash:ip{suffix}", ()), Set("ports", f"hash:ip,port{suffix}", ())


def read(text: str, family: IpFamily) -> tuple[Table, ...]:
    return parse(
        text, family=family, dialect="iptables-nft", source="rendered", evidence="e1", ipsets=sets_of(family)
    )  # fmt: skip


def without_places(table: Table) -> Table:
    """Drop what a writing cannot keep: texts and lines."""
    replace = msgspec.structs.replace
    chains = tuple(
        replace(chain, rules=tuple(replace(rule, text="", line=0) for rule in chain.rules)) for chain in table.chains
    )
    return replace(table, chains=chains)


@given(tables())
def test_what_is_written_reads_back(table: Table) -> None:
    family: IpFamily = "ip" if table.family == "ip" else "ip6"
    (again,) = read(render(table), family)
    assert without_places(again) == table


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*tables-save.txt")), ids=lambda path: path.name)
def test_what_iptables_wrote_reads_back(path: Path) -> None:
    """What a tool printed, read, written and read again is what was read."""
    family: IpFamily = "ip6" if "ip6tables" in path.name else "ip"
    first = read(path.read_text(), family)
    again = read("".join(map(render, first)), family)
    assert tuple(map(without_places, again)) == tuple(map(without_places, first))
    assert [rule.number for table in again for chain in table.chains for rule in chain.rules] == [
        rule.number for table in first for chain in table.chains for rule in chain.rules
    ]
