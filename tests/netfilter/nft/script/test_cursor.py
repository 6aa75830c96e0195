"""Included files and variables."""

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter.nft.script.commands import commands
from hairpin.netfilter.nft.script.cursor import MissingFileError
from tests.rows import each_row

FILES = {"/etc/nft.d/b.nft": "add table ip b\n", "/etc/nft.d/a.nft": "add table ip a\n", "/etc/nft.d/.c.nft": "no",
         "/etc/in.nft": "tcp dport $ports accept\n"}  # fmt: skip


def made(text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.table) for each in commands(text, source="here", files=FILES)]


def rule_of(text: str) -> object:
    return commands(text, source="here", files=FILES)[-1].body["expr"]


def test_a_pattern_includes_the_files_in_their_order_and_none_that_is_hidden() -> None:
    assert made('include "/etc/nft.d/*.nft"\nadd table ip z\n') == [("table", "a"), ("table", "b"), ("table", "z")]
    assert made('include "/etc/nothing/*.nft"\n') == []


def test_a_file_that_is_not_known_is_named() -> None:
    with pytest.raises(MissingFileError) as raised:
        made('\ninclude "/etc/other.nft"\n')
    assert (raised.value.path, raised.value.line) == ("/etc/other.nft", 2)


def test_a_file_may_be_included_inside_of_a_chain() -> None:
    text = 'define ports = { 22, 80 }\ntable ip t {\n chain c {\n  include "/etc/in.nft"\n }\n}\n'
    assert rule_of(text) == rule_of("add rule ip t c tcp dport { 22, 80 } accept")


def test_files_that_include_each_other_end() -> None:
    with pytest.raises(ParseError, match="without an end"):
        commands('include "/a"\n', source="here", files={"/a": 'include "/a"\n'})


def test_a_variable_has_its_value_from_where_it_is_defined() -> None:
    text = "define one = 1\ndefine two = { $one, 2 }\nredefine one = 7\nadd rule ip t c tcp dport { $two, $one } drop\n"
    assert rule_of(text) == rule_of("add rule ip t c tcp dport { 1, 2, 7 } drop")
    assert rule_of("define a = 1\ndefine b = 5\nadd rule ip t c tcp dport $a - $b drop") == rule_of(
        "add rule ip t c tcp dport 1-5 drop"
    )


@each_row(
    "text",
    (
        "add rule ip t c tcp dport $none drop",
        "define a = 1\ndefine a = 2\n",
        "define a = 1\nadd rule ip t c tcp dport $a-2 drop",
        "define a = 1\nundefine a\nadd rule ip t c tcp dport $a drop",
        "table ip t {\n define a = 1\n}\nadd rule ip t c tcp dport $a drop",
    ),
)
def test_nft_refuses_a_variable_that_is_not_there_or_twice(text: str) -> None:
    with pytest.raises(ParseError, match="variable"):
        commands(text, source="here")
