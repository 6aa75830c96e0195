"""Statements of rules."""

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.statements import rule
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

STATE: Json = {"ct": {"key": "state"}}
FLAGS: Json = {"payload": {"protocol": "tcp", "field": "flags"}}
SADDR: Json = {"payload": {"protocol": "ip", "field": "saddr"}}
MARK: Json = {"meta": {"key": "mark"}}


def match(left: Json, op: str, right: Json) -> Json:
    return {"match": {"op": op, "left": left, "right": right}}


CASES: dict[str, list[Json]] = {
    "ct state established,related accept": [match(STATE, "in", ["established", "related"]), {"accept": None}],
    "ct state == new drop": [match(STATE, "==", "new"), {"drop": None}],
    "ct state { new, established } return": [match(STATE, "==", {"set": ["new", "established"]}), {"return": None}],
    "tcp flags syn / syn,ack": [match({"&": [FLAGS, {"|": ["syn", "ack"]}]}, "==", "syn")],
    "tcp flags & (fin | syn) != 0": [match({"&": [FLAGS, {"|": ["fin", "syn"]}]}, "!=", 0)],
    "ip saddr != 10.0.0.1 goto other": [match(SADDR, "!=", "10.0.0.1"), {"goto": {"target": "other"}}],
    "ip saddr vmap @verdicts": [{"vmap": {"key": SADDR, "data": "@verdicts"}}],
    "mark set 0x1": [{"mangle": {"key": MARK, "value": 1}}],
    "ct mark set mark": [{"mangle": {"key": {"ct": {"key": "mark"}}, "value": MARK}}],
    "meta mark set mark and 0xff or 0x100": [
        {"mangle": {"key": MARK, "value": {"|": [{"&": [MARK, 255]}, 256]}}}],
    "meta priority set 1:10": [{"mangle": {"key": {"meta": {"key": "priority"}}, "value": "1:10"}}],
    'ct helper set "ftp"': [{"ct helper": "ftp"}],
    'counter name "web"': [{"counter": "web"}],
    "counter packets 2 bytes 80 accept": [{"counter": {"packets": 2, "bytes": 80}}, {"accept": None}],
    'log prefix "no: " level info flags all': [{"log": {"prefix": "no: ", "level": "info", "flags": "all"}}],
    "reject with icmpx type admin-prohibited": [{"reject": {"type": "icmpx", "expr": "admin-prohibited"}}],
    "reject with tcp reset": [{"reject": {"type": "tcp reset"}}],
    "reject": [{"reject": None}],
    "ct count over 4 drop": [{"ct count": {"val": 4, "inv": True}}, {"drop": None}],
    "add @seen { ip saddr timeout 1m limit rate 1/second }": [
        {"set": {"op": "add", "elem": {"elem": {"val": SADDR, "timeout": 60}}, "set": "@seen",
                 "stmt": [{"limit": {"rate": 1, "per": "second", "burst": 5}}]}}],
    "update @map { ip saddr : mark }": [{"map": {"op": "update", "elem": SADDR, "data": MARK, "map": "@map"}}],
    "meter m { ip saddr limit rate 1/second }": [
        {"meter": {"name": "m", "size": 65535, "key": SADDR,
                   "stmt": {"limit": {"rate": 1, "per": "second", "burst": 5}}}}],
    "flow add @fast": [{"flow": {"op": "add", "flowtable": "@fast"}}],
    "notrack": [{"notrack": None}],
    "jump { accept; drop; }": [{"jump": {"rules": [{"expr": [{"accept": None}]}, {"expr": [{"drop": None}]}]}}],
}  # fmt: skip


@each_row(("text", "expected"), CASES.items(), ids=CASES)
def test_statements(text: str, expected: list[Json]) -> None:
    at = Cursor(text, "here", {})
    assert (rule(at), at.peek().kind) == ((expected, None), "end")


def test_a_rule_has_a_comment() -> None:
    assert rule(Cursor('accept comment "why"', "here", {})) == ([{"accept": None}], "why")
    assert rule(Cursor('masquerade comment "why"', "here", {})) == ([{"masquerade": None}], "why")


@each_row("text", ("frobnicate the packet", "tcp dport", "ip saddr 10.0.0.1 / ", "log level loud", ""))
def test_words_that_are_no_statement_are_a_fault(text: str) -> None:
    with pytest.raises(ParseError):
        rule(Cursor(text, "here", {}))
