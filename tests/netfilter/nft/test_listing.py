import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.errors import ParseError
from hairpin.netfilter import ir
from hairpin.netfilter.nft.listing import parse
from hairpin.netfilter.nft.sets import UPDATED_BY_RULES
from hairpin.netfilter.nft.syntax import Json, Object
from tests.rows import each_row

DATA = Path(__file__).resolve().parents[2] / "data" / "nft"
METAINFO: Json = {"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}
TABLE: Json = {"table": {"family": "ip", "name": "t", "handle": 1}}
ACCEPT: Json = {"accept": None}
DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}
MARK: Json = {"meta": {"key": "mark"}}
DICE: Json = {"numgen": {"mode": "random", "mod": 2, "offset": 0}}


def chain(**more: Json) -> Json:
    return {"chain": {"family": "ip", "table": "t", "name": "c", "handle": 1, **more}}


def rule(*statements: Json, **more: Json) -> Json:
    return {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 7, "expr": list(statements), **more}}


def read(*objects: Json) -> tuple[ir.Table, ...]:
    return parse(json.dumps({"nftables": [METAINFO, *objects]}), source="nft -j list ruleset", evidence="e5")


def rules(*objects: Json) -> tuple[ir.Rule, ...]:
    found = read(TABLE, chain(), *objects)[0].chain("c")
    assert found is not None
    return found.rules


def test_a_ruleset() -> None:
    base = chain(type="filter", hook="input", prio=-5, policy="drop")
    left: Json = {"meta": {"key": "iifname"}}
    counted = rule(
        {"match": {"op": "==", "left": left, "right": "lo"}}, {"counter": {"packets": 3, "bytes": 252}}, ACCEPT
    )
    assert read(TABLE, base, counted, rule(ACCEPT, handle=8, comment="rest")) == (
        ir.Table(
            "ip",
            "t",
            "nft",
            (
                ir.Chain(
                    "c",
                    (
                        ir.Rule(
                            (ir.NameMatch("iif", ("lo",)), ir.Verdict("accept")),
                            'iifname "lo" counter accept',
                            1,
                            0,
                            7,
                            3,
                            252,
                        ),
                        ir.Rule((ir.Verdict("accept"),), 'accept comment "rest"', 2, 0, 8),
                    ),
                    "input",
                    "filter",
                    -5,
                    "drop",
                ),
            ),
            evidence="e5",
        ),
    )


BASES: dict[str, tuple[Object, ir.Chain]] = {
    "policy left away": ({"type": "nat", "hook": "prerouting", "prio": -100}, ir.Chain(
        "c", (), "prerouting", "nat", -100, "accept",
    )),
    "one device": ({"type": "filter", "hook": "ingress", "prio": 0, "dev": "eth0"}, ir.Chain(
        "c", (), "ingress", "filter", 0, "accept", ("eth0",),
    )),
    "devices": ({"type": "filter", "hook": "egress", "prio": 0, "dev": ["eth0", "eth1"]}, ir.Chain(
        "c", (), "egress", "filter", 0, "accept", ("eth0", "eth1"),
    )),
    "priority by name": ({"type": "filter", "hook": "forward", "prio": "filter"}, ir.Chain(
        "c", (), "forward", "filter", 0, "accept",
    )),
    "priority by name and offset": ({"type": "filter", "hook": "output", "prio": "mangle - 5"}, ir.Chain(
        "c", (), "output", "filter", -155, "accept",
    )),
    "priority as text": ({"type": "route", "hook": "output", "prio": "-150"}, ir.Chain(
        "c", (), "output", "route", -150, "accept",
    )),
    "no base chain": ({}, ir.Chain("c", ())),
}  # fmt: skip


@each_row(("more", "expected"), BASES.values(), ids=BASES)
def test_chains(more: Object, expected: ir.Chain) -> None:
    assert read(TABLE, chain(**more))[0].chains == (expected,)


def test_priorities_have_other_names_on_bridges() -> None:
    body: Json = {
        "family": "bridge", "table": "t", "name": "c", "type": "filter", "hook": "forward", "prio": "dstnat + 1",
    }  # fmt: skip
    assert read({"chain": body})[0].chains[0].priority == -299


def test_a_table_has_an_owner() -> None:
    owned: Json = {"table": {"family": "inet", "name": "firewalld", "flags": ["owner", "persist"]}}
    left: Json = {"table": {"family": "inet", "name": "firewalld", "flags": "persist"}}
    assert [read(each)[0].owned for each in (owned, left, TABLE)] == [True, False, False]


def test_a_table_is_dormant() -> None:
    dormant: Json = {"table": {"family": "ip", "name": "t", "flags": ["dormant"]}}
    found = read(dormant, chain(type="filter", hook="input", prio=0), rule(ACCEPT))[0]
    assert (found.dormant, found.chains[0].hook) == (True, "input")
    assert not read(TABLE, chain(type="filter", hook="input", prio=0))[0].dormant


def test_objects_come_in_any_order_and_tables_by_family_and_name() -> None:
    other: Json = {"rule": {"family": "ip6", "table": "t", "chain": "c", "handle": 1, "expr": [ACCEPT]}}
    found = read(rule(ACCEPT), other, chain(), TABLE)
    assert [(each.family, [one.name for one in each.chains]) for each in found] == [("ip", ["c"]), ("ip6", ["c"])]


def test_a_set_that_a_rule_adds_to_is_opaque() -> None:
    raw: Json = {"set": {"family": "ip", "table": "t", "name": "seen", "type": "inet_service", "elem": [22]}}
    other: Json = {"set": {"family": "ip", "table": "t", "name": "ports", "type": "inet_service", "elem": [22]}}
    add: Json = {"set": {"op": "add", "elem": DPORT, "set": "@seen"}}
    found = read(TABLE, chain(), raw, other, rule(add))[0].sets
    assert [(each.name, each.opaque) for each in found] == [("seen", UPDATED_BY_RULES), ("ports", None)]


def test_an_implied_condition_is_there_once() -> None:
    ports: Json = {"match": {"op": "==", "left": DPORT, "right": 22}}
    state: Json = {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}}
    (found,) = rules(rule(state, ports, ports))
    assert found.body == (
        ir.FieldMatch("protocol", ((6, 6),)), ir.FieldMatch("dport", ((22, 22),)), ir.FieldMatch("dport", ((22, 22),)),
    )  # fmt: skip


def test_a_rule_with_a_random_vmap_becomes_several_of_one_number() -> None:
    vmap: Json = {"vmap": {"key": DICE, "data": {"set": [[0, ACCEPT], [1, {"drop": None}]]}}}
    ports: Json = {"match": {"op": "==", "left": MARK, "right": 5}}
    marked = ir.FieldMatch("mark", ((5, 5),))
    found = rules(rule(ports, vmap), rule(ACCEPT, handle=8))
    assert [(each.number, each.handle, each.body) for each in found] == [
        (1, 7, (marked, ir.StatefulMatch("numgen", "numgen random mod 2 0"), ir.Verdict("accept"))),
        (1, 7, (marked, ir.Verdict("drop"))),
        (2, 8, (ir.Verdict("accept"),)),
    ]


def test_two_maps_in_one_rule_become_every_pair_of_options() -> None:
    by_mark: Json = {"map": {"key": DPORT, "data": {"set": [[80, 1], [443, 2]]}}}
    mangle: Json = {"mangle": {"key": MARK, "value": by_mark}}
    vmap: Json = {"vmap": {"key": DICE, "data": {"set": [[0, ACCEPT], [1, {"drop": None}]]}}}
    found = rules(rule(mangle, vmap))
    assert len(found) == 4
    assert [part for part in found[3].body if isinstance(part, ir.SetField)] == [ir.SetField("mark", value=2)]


def test_a_map_behind_a_change_that_cannot_be_repeated_is_outside() -> None:
    flip: Json = {"mangle": {"key": MARK, "value": {"^": [MARK, 1]}}}
    vmap: Json = {"vmap": {"key": DICE, "data": {"set": [[0, ACCEPT], [1, {"drop": None}]]}}}
    (found,) = rules(rule(flip, vmap))
    assert [type(part) for part in found.body] == [ir.SetField, ir.Outside]


def test_nft_0_9_0_writes_another_form() -> None:
    old: Json = {"match": {"left": {"payload": {"name": "tcp", "field": "dport"}}, "right": 22}}
    text = json.dumps({"nftables": [TABLE, chain(), rule(old, {"jump": "ssh"})]})
    (found,) = parse(text, source="x")[0].chains[0].rules
    assert found.text == "tcp dport 22 jump ssh"


MALFORMED: dict[str, tuple[str, str]] = {
    "empty": ("", "not the JSON of nft"),
    "half": ('{"nftables": [', "not the JSON of nft"),
    "a list": ("[]", "expected an object"),
    "no object": ('{"nftables": [5]}', "expected an object with one key, found 5"),
    "family": ('{"nftables": [{"table": {"family": "ipx", "name": "t"}}]}', "'ipx' is not a family"),
    "no name": ('{"nftables": [{"table": {"family": "ip"}}]}', "'name' should be a string, found None"),
    "hook": (json.dumps({"nftables": [chain(hook="sideways", prio=0, type="filter")]}), "hook 'sideways'"),
    "priority": (
        json.dumps({"nftables": [chain(hook="input", prio="soon", type="filter")]}),
        "'soon' is not a priority",
    ),
    "rule": (
        json.dumps({"nftables": [rule(ACCEPT), rule({"match": {"op": "=="}})]}),
        "rule 2 (handle 7) of chain c: a match needs left and right",
    ),
    "depth": ('{"nftables":' + "[" * 100_000, "the nesting is too deep"),
    "surrogates": ('{"nftables": [{"\ud800": 1}]}', "not the JSON of nft"),
}


@each_row(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_json_that_nft_does_not_write_is_a_parse_error(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text, source="e5/nft.json")
    assert str(caught.value).startswith("e5/nft.json: ")
    assert message in str(caught.value)


def refusal(*objects: Json) -> str:
    """Return why the document is refused, or nothing."""
    try:
        read(*objects)
    except ParseError as error:
        return str(error)
    return ""


def test_deep_nesting_is_read_or_refused() -> None:
    nested: Json = MARK
    for _ in range(400):
        nested = {"&": [nested, 255]}
    why = refusal(rule({"match": {"op": "==", "left": nested, "right": 1}}))
    assert not why or "the nesting is too deep" in why


WORDS: st.SearchStrategy[str] = st.sampled_from((
    "nftables", "match", "left", "right", "op", "payload", "protocol", "field", "meta", "key", "ct", "mark", "state",
    "tcp", "dport", "ip", "saddr", "==", "in", "!", "set", "range", "prefix", "addr", "len", "concat", "map", "vmap",
    "data", "dnat", "port", "mangle", "value", "&", "|", ">>", "accept", "jump", "target", "limit", "elem", "val",
    "@s", "*", "fib", "flags", "result", "type", "10.0.0.1", "numgen", "mod", "reject", "stmt", "meter", "counter",
    "xt", "queue", "inv", "socket", "exthdr", "name", "redirect", "family",
))  # fmt: skip
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 1 << 40) | WORDS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


@given(statements=st.lists(st.one_of(VALUES, st.dictionaries(WORDS, VALUES, min_size=1, max_size=1)), max_size=3))
def test_any_json_is_read_or_refused(statements: list[Json]) -> None:
    """Nothing but ParseError comes out, and a rule never loses its statements."""
    why = refusal(rule(*statements))
    assert not why or "rule 1" in why


# --- captured --------------------------------------------------------------------------------------------------------


def test_firewalld_is_understood() -> None:
    """All of firewalld 1.3: zones, services, ports, ICMP blocks, rich rules, forwards, ipsets, policies."""
    (table,) = parse((DATA / "firewalld-1.3.json").read_text("utf-8"), source="firewalld")
    listed = {" ".join(line.split()) for line in (DATA / "firewalld-1.3.txt").read_text("utf-8").splitlines()}
    found = [each for one in table.chains for each in one.rules]
    assert len(found) == 292
    assert [each.text for each in found if each.text not in listed] == []
    assert [part for each in found for part in each.body if isinstance(part, (ir.OpaqueMatch, ir.Outside))] == []
    assert {each.name: each.opaque for each in table.sets} == {"bad": None, "badp": None, "macs": None}
