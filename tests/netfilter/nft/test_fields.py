"""Law, row by row: script, JSON and IR say the same field, and what is written reads back, without a kernel."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.errors import MalformedError
from hairpin.netfilter import ir
from hairpin.netfilter.ir import Family, Field, FieldMatch
from hairpin.netfilter.nft.data_types import TYPES
from hairpin.netfilter.nft.expression_text import text_of
from hairpin.netfilter.nft.fields import (
    HAS_CONNECTION,
    HAS_FRAME,
    KEYS,
    ROWS,
    SAME_META,
    FieldRow,
    ct,
    field_of,
    network_needs,
    payload,
)
from hairpin.netfilter.nft.operands import operand
from hairpin.netfilter.nft.render import render_rule
from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.expressions import operand_of
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.netfilter.nft.syntax import Json, Object
from tests.rows import each_row
from tests.strategies import nft_implied, nft_row_matches
from tools.element_table import rows as elements

WRITTEN = [row for row in ROWS if row.written]
TABLE = ir.Table("inet", "t", "nft", ())


def json_of(words: str) -> Json:
    return operand_of(Cursor(words, "words", {}))


@each_row("row", ROWS, ids=lambda row: row.words)
def test_a_row_is_read_from_json_and_from_its_words(row: FieldRow) -> None:
    found = operand(json_of(f"{row.head} {row.key}"), "inet")
    assert (found.field or found.interface) == row.field
    assert (found.kind, found.mask, found.shift, found.add) == (row.type, row.mask, row.shift, row.add)
    assert row.type in TYPES


WORDS = {f"{head} {key}" for head, keys in KEYS.items() for key in keys} | {row.words for row in ROWS}
OTHERS = {"ct count", *(f"meta {key}" for key in SAME_META)}
"""Another expression, and older names."""


@each_row("words", sorted(WORDS - OTHERS))
def test_the_words_of_every_field_are_written_as_they_were_read(words: str) -> None:
    assert text_of(json_of(words)) in (words, words.removeprefix("meta "))


def read(text: str) -> tuple[ir.Expression, ...]:
    script = f"table inet t {{\n chain c {{\n{text}\n }}\n}}\n"
    (table,) = tables_after(script, (), LoadingHost(frozenset({"lo"}), "1.0.6"), source="rendered")
    return table.chains[0].rules[0].body


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row.words)
@settings(max_examples=20)
@given(data=st.data())
def test_written_matches_read_back(row: FieldRow, data: st.DataObject) -> None:
    body = (*nft_implied(row), data.draw(nft_row_matches(row)), ir.Verdict("accept"))
    text = render_rule(body, TABLE)
    assert read(text) == body
    assert render_rule(read(text), TABLE) == text


@each_row("row", WRITTEN, ids=lambda row: row.words)
def test_every_row_is_an_exact_element(row: FieldRow) -> None:
    """docs/reference/elements.md is made of these: ``ip saddr, daddr, ttl``, ``ct original, reply: ip saddr``."""
    exact = [row.element for row in elements() if row.tool == "nft" and row.kind == "exact"]
    key = row.key.replace("ip6 ", "ip ")
    assert any(
        row.head.split()[-1] in element and re.search(rf"(?:^|[,:] |{row.head} ){re.escape(key)}(?=$|,| &)", element)
        for element in exact
    )


# --- fields as left-hand sides ----------------------------------------------------------------------------------------

TCP, ICMP, ICMP6 = (FieldMatch("protocol", ((number, number),)) for number in (6, 1, 58))
IPV4, IPV6 = FieldMatch("nfproto", ((2, 2),)), FieldMatch("nfproto", ((10, 10),))
FRAME_IPV4, FRAME_ARP = FieldMatch("ethertype", ((0x800, 0x800),)), FieldMatch("ethertype", ((0x806, 0x806),))

# The conditions that nft --debug=netlink shows before it loads the payload.
IMPLIED: dict[str, tuple[str, str, Family, Field | None, tuple[FieldMatch, ...]]] = {
    "port": ("tcp", "dport", "ip", "dport", (TCP,)),
    "port of any transport": ("th", "dport", "inet", "dport", ()),
    "address in an ip table": ("ip", "saddr", "ip", "saddr4", ()),
    "address in an inet table": ("ip", "saddr", "inet", "saddr4", (IPV4,)),
    "address in a bridge table": ("ip", "saddr", "bridge", "saddr4", (FRAME_IPV4,)),
    "address in a netdev table": ("ip", "saddr", "netdev", "saddr4", (FRAME_IPV4,)),
    "IPv6 address in an inet table": ("ip6", "daddr", "inet", "daddr6", (IPV6,)),
    "icmp in an inet table": ("icmp", "type", "inet", "icmp", (IPV4, ICMP)),
    "icmp in an ip table": ("icmp", "type", "ip", "icmp", (ICMP,)),
    "icmpv6 in an ip6 table": ("icmpv6", "type", "ip6", "icmp6", (ICMP6,)),
    "icmp id": ("icmp", "id", "ip", None, (ICMP,)),
    "tcp window": ("tcp", "window", "ip", None, (TCP,)),
    "frame's sender": ("ether", "saddr", "inet", "smac", ()),
    "frame's type on a bridge": ("ether", "type", "bridge", "ethertype", ()),
    "frame's type elsewhere": ("ether", "type", "inet", "ethertype", (HAS_FRAME,)),
    "arp on a bridge": ("arp", "operation", "bridge", "arp-operation", (FRAME_ARP,)),
    "a protocol that is not known": ("vxlan", "vni", "ip", None, ()),
}


@each_row(("protocol", "field", "family", "expected", "implied"), IMPLIED.values(), ids=IMPLIED)
def test_a_header_field_implies_conditions_that_nft_does_not_print(
    protocol: str, field: str, family: Family, expected: Field | None, implied: tuple[FieldMatch, ...]
) -> None:
    found = payload({"protocol": protocol, "field": field}, family)
    assert (found.field, found.needs) == (expected, implied)


def test_a_field_may_be_given_by_its_place() -> None:
    assert payload({"base": "th", "offset": 16, "len": 16}, "ip").field == "dport"
    assert payload({"base": "nh", "offset": 96, "len": 32}, "ip").field == "saddr4"
    assert payload({"base": "nh", "offset": 96, "len": 32}, "inet").field is None
    assert payload({"base": "nh", "offset": 0, "len": 8}, "ip").field is None
    with pytest.raises(MalformedError):
        payload({"base": "th"}, "ip")


def test_a_header_within_a_tunnel_is_not_the_packets() -> None:
    assert payload({"tunnel": "vxlan", "protocol": "ip", "field": "saddr"}, "ip").field is None


META: dict[str, tuple[str, str | None, str]] = {
    "mark": ("mark", "mark", "mark"),
    "protocol": ("l4proto", "protocol", "inet_proto"),
    "name of an interface": ("iifname", "iif", "ifname"),
    "index of an interface": ("oif", "oif", "iface_index"),
    "user": ("skuid", "skuid", "uid"),
    "not in the IR": ("iifkind", None, "integer"),
}


@each_row(("key", "expected", "kind"), META.values(), ids=META)
def test_meta(key: str, expected: str | None, kind: str) -> None:
    found = field_of("meta", key)
    assert (found.key, found.kind) == (expected, kind)


CT: dict[str, tuple[Object, Family, Field | None]] = {
    "state": ({"key": "state"}, "ip", "ct-state"),
    "original address": ({"key": "ip saddr", "dir": "original"}, "inet", "ct-orig-saddr4"),
    "address in an ip6 table": ({"key": "daddr", "dir": "reply"}, "ip6", "ct-repl-daddr6"),
    "address in an inet table, older nft": ({"key": "daddr", "dir": "reply"}, "inet", None),
    "port": ({"key": "proto-dst", "dir": "original"}, "ip", "ct-orig-dport"),
    "zone": ({"key": "zone"}, "ip", "ct-zone"),
    "zone of one direction": ({"key": "zone", "dir": "original"}, "ip", None),
    "helper": ({"key": "helper"}, "ip", None),
}


@each_row(("inner", "family", "expected"), CT.values(), ids=CT)
def test_ct(inner: Object, family: Family, expected: Field | None) -> None:
    assert ct(inner, family).field == expected


def test_the_connections_family_needs_a_connection() -> None:
    assert ct({"key": "l3proto"}, "inet").needs == (HAS_CONNECTION,)


def test_an_ip_table_sees_one_family_only() -> None:
    assert network_needs(4, "ip") == ()
    assert network_needs(6, "inet") == (IPV6,)


def test_a_changed_field_cannot_be_looked_up() -> None:
    assert payload({"protocol": "icmp", "field": "type"}, "ip").key == "icmp"
    assert payload({"protocol": "icmp", "field": "code"}, "ip").key is None
    assert payload({"protocol": "ip6", "field": "length"}, "ip6").key is None
    assert payload({"protocol": "ip", "field": "frag-off"}, "ip").key is None
