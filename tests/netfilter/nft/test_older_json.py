"""Quoted from nft 0.9.0's own tests: the form that only Debian 10 has."""

from hairpin.netfilter.nft.older_json import is_first_form, modernised
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}

STATEMENTS: dict[str, tuple[Json, Json]] = {
    "meta": (
        {"match": {"left": {"meta": "iifname"}, "right": "lo"}},
        {"match": {"left": {"meta": {"key": "iifname"}}, "right": "lo"}},
    ),
    "payload": (
        {"match": {"left": {"payload": {"name": "tcp", "field": "dport"}}, "right": {"set": [22, 80]}}},
        {"match": {"left": DPORT, "right": {"set": [22, 80]}}},
    ),
    "raw payload": (
        {"match": {"left": {"payload": {"name": "raw", "base": "th", "offset": 0, "len": 8}}, "right": 1}},
        {"match": {"left": {"payload": {"base": "th", "offset": 0, "len": 8}}, "right": 1}},
    ),
    "mangle": (
        {"mangle": {"left": {"meta": "mark"}, "right": {"&": [{"meta": "mark"}, 255]}}},
        {"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"&": [{"meta": {"key": "mark"}}, 255]}}},
    ),
    "verdict map": (
        {"map": {"left": {"payload": {"name": "tcp", "field": "dport"}}, "right": {"set": [[22, {"jump": "ssh"}]]}}},
        {"vmap": {"key": DPORT, "data": {"set": [[22, {"jump": {"target": "ssh"}}]]}}},
    ),
    "translation by a map": (
        {"dnat": {"addr": {"map": {"left": {"payload": {"name": "tcp", "field": "dport"}}, "right": "@m"}}}},
        {"dnat": {"addr": {"map": {"key": DPORT, "data": "@m"}}}},
    ),
    "jump": ({"jump": "ssh"}, {"jump": {"target": "ssh"}}),
    "today's form": ({"jump": {"target": "ssh"}}, {"jump": {"target": "ssh"}}),
}


@each_row(("old", "new"), STATEMENTS.values(), ids=STATEMENTS)
def test_statements_of_rules(old: Json, new: Json) -> None:
    assert modernised([{"rule": {"family": "ip", "expr": [old]}}]) == [{"rule": {"family": "ip", "expr": [new]}}]


def test_elements_of_maps_and_other_objects() -> None:
    assert modernised([{"map": {"name": "m", "elem": [[22, {"goto": "ssh"}]]}}]) == [
        {"map": {"name": "m", "elem": [[22, {"goto": {"target": "ssh"}}]]}}
    ]
    table: Json = {"table": {"family": "ip", "name": "meta"}}
    assert modernised([table]) == [table]


def test_the_first_form_has_no_metainfo() -> None:
    assert is_first_form([{"table": {"family": "ip", "name": "t"}}])
    assert not is_first_form([{"metainfo": {"version": "1.0.6"}}])
