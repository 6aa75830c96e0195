"""Whole scripts."""

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter.nft.script.commands import commands, declaration_of
from hairpin.netfilter.nft.script.cursor import UnreadError
from tests.rows import each_row

BLOCK = """
table inet t {
    chain a { jump b; }
    set s { type ipv4_addr; }
    chain b { accept; }
}
"""


def kinds(text: str) -> list[tuple[str, str, str]]:
    return [(each.verb, each.kind, each.name) for each in commands(text, source="here")]


def test_a_block_makes_all_it_declares_before_its_rules() -> None:
    made = [("add", "table", ""), ("add", "chain", "a"), ("add", "chain", "b"), ("add", "set", "s")]
    assert kinds(BLOCK) == [*made, ("add", "rule", "a"), ("add", "rule", "b")]


CASES: dict[str, list[tuple[str, str, str]]] = {
    "flush ruleset": [("flush", "ruleset", "")],
    "add table ip t; delete table ip t": [("add", "table", ""), ("delete", "table", "")],
    "insert rule ip t c accept": [("insert", "rule", "c")],
    "add ip t c accept": [("add", "rule", "c")],
    "add chain ip t c { type nat hook output priority 0; }": [("add", "chain", "c")],
    "add element ip t s { 1.1.1.1 }": [("add", "element", "s")],
    'add ct helper ip t ftp { type "ftp" protocol tcp; }': [("add", "ct helper", "ftp")],
    "destroy table ip t": [("destroy", "table", "")],
    "list ruleset": [],
    "rename chain ip t a b": [("rename", "chain", "a")],
}


@each_row(("text", "expected"), CASES.items(), ids=CASES)
def test_commands(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert kinds(text) == expected


def test_families() -> None:
    found = commands("flush ruleset\nflush ruleset inet\nadd table t\nadd table bridge t\n", source="here")
    assert [each.family for each in found] == [None, "inet", "ip", "bridge"]


def test_the_place_of_a_rule() -> None:
    (found,) = commands("delete rule ip t c handle 4", source="here")
    assert found.place == ("handle", 4)


@each_row(
    ("text", "line"),
    (("add table ip t\nadd rule ip t c frob it\n", 2), ("table ip t {\n frob x { }\n}", 2), ("table ip t {", 1),
     ("add table ip t }", 1), ("\n\nadd rule ip t c tcp dport nonesuch", 3),
     ("table ip t { chain c { accept } ; }", 1), ("table ip t { chain c { accept; } }", 1)),
)  # fmt: skip
def test_what_is_not_known_is_an_error_with_its_place(text: str, line: int) -> None:
    with pytest.raises(UnreadError) as raised:
        commands(text, source="here")
    assert raised.value.line == line
    assert isinstance(raised.value, ParseError)


def test_objects_of_the_ir_are_read_again() -> None:
    assert declaration_of("limit slow { rate 1/second }", "ip") == (
        "limit", {"name": "slow", "rate": 1, "per": "second", "burst": 5})  # fmt: skip
