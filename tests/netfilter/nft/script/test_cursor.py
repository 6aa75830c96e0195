"""Included files and variables."""

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter.nft.script.commands import commands
from hairpin.netfilter.nft.script.cursor import MissingFileError, tokens
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


CASES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "a range of ports": ("22-80", [("number", "22"), ("sign", "-"), ("number", "80")]),
    "a dash inside a word": ("echo-request", [("word", "echo-request")]),
    "a prefix": ("10.0.0.0/8", [("address", "10.0.0.0"), ("sign", "/"), ("number", "8")]),
    "address and port": ("1.2.3.4:80", [("address", "1.2.3.4"), ("sign", ":"), ("number", "80")]),
    "IPv6": ("fe80::1-::2", [("address", "fe80::1"), ("sign", "-"), ("address", "::2")]),
    "IPv6 with IPv4 in it": ("::0.1.0.0/96", [("address", "::0.1.0.0"), ("sign", "/"), ("number", "96")]),
    "a hardware address": ("0:1:2:3:4:6", [("address", "0:1:2:3:4:6")]),
    "no address": ("22:accept", [("number", "22"), ("sign", ":"), ("word", "accept")]),
    "a time": ("1h30m", [("word", "1h30m")]),
    "an EtherType": ("8021q", [("word", "8021q")]),
    "a number and a unit": ("25mbytes/second", [("number", "25"), ("word", "mbytes/second")]),
    "in quotation marks": ('"eth 0"', [("quoted", "eth 0")]),
    "a prefix of names": ("veth*", [("word", "veth*")]),
    "comments and continued lines": ("accept # no\\\ndrop \\\n return",
                                     [("word", "accept"), ("sign", "\n"), ("word", "drop"), ("word", "return")]),
}  # fmt: skip


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.kind, each.text) for each in tokens(text, "here")] == expected


def test_lines_are_counted_over_continuations() -> None:
    assert [each.line for each in tokens("a \\\n b\nc", "here")] == [1, 2, 2, 3]


def test_a_quotation_that_does_not_end_is_a_fault_with_its_place() -> None:
    with pytest.raises(ParseError, match="here:2"):
        list(tokens('accept\n"eth0', "here"))
