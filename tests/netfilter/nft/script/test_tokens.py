"""Words of nft scripts."""

import pytest

from hairpin.errors import ParseError
from hairpin.netfilter.nft.script.tokens import tokens
from tests.rows import each_row

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
