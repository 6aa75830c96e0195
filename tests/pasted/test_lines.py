"""The damage of the way to a web page is mended, and nothing else is touched."""

import pytest

from hairpin.pasted.lines import lines_of
from tests.rows import each_row


@each_row(
    ("damaged", "mended"),
    (
        ("iptables \u2013list", "iptables --list"),
        ("curl \u201chttp://x\u201d", 'curl "http://x"'),
        ("<pre>$ ip rule</pre>", "$ ip rule"),
        ("0.0.0.0:80-&gt;80/tcp", "0.0.0.0:80->80/tcp"),
        ("\x1b[31mERROR\x1b[0m", "ERROR"),
        ("a\u00a0b\u200b", "a b"),
        ("```console", ""),
        ("}```", "}"),
        ("text  \r", "text"),
    ),
)
def test_damage_is_mended(damaged: str, mended: str) -> None:
    assert lines_of(damaged) == (mended,)


@each_row(
    "line",
    (
        "a \u2013 b",
        "2: eth0: <BROADCAST,UP> mtu 1500",
        "-A FORWARD -j DROP",
        "x < y && y > z",
        "~ % ls",
        "run ```ip rule```",
    ),
)
def test_other_lines_stay(line: str) -> None:
    assert lines_of(line) == (line,)


def test_quote_marks_of_a_run() -> None:
    assert lines_of("> one\n> two\n\n> $ alone") == ("one", "two", "", "> $ alone")


def test_a_margin() -> None:
    text = "\n".join(f"{number}: line {word}" for number, word in enumerate(("a", "b", "c", "d"), 7))
    assert lines_of(text) == ("line a", "line b", "line c", "line d")


def test_numbers_of_the_output_are_no_margin() -> None:
    text = "1: lo: <UP> mtu 1\n2: eth0: <UP> mtu 1\n3: docker0: <UP> mtu 1\n4: br0: <UP> mtu 1"
    assert lines_of(text) == tuple(text.split("\n"))


def test_each_line_keeps_its_number() -> None:
    text = "```\n$ ip rule\n```\nend"
    assert lines_of(text)[3] == "end"


def test_a_quoted_line_keeps_its_indentation() -> None:
    """The lines of a link's addresses are known by it."""
    assert lines_of("> 2: eth0: <UP>\n>     inet 192.0.2.1/24\n> > inner\n") == (
        "2: eth0: <UP>",
        "    inet 192.0.2.1/24",
        "inner",
        "",
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    (
        ("seen:\na\n\nexpected:\n\n```\nb\n\nc\n```\nd", "seen: a expected: d"),
        ("**Expected behavior**\nb\nc\n\nd", "**Expected behavior** d"),
        ("It is expected: b\nc", "It is expected: b c"),
        ("unexpected:\nc", "unexpected: c"),
    ),
)
def test_what_is_expected_was_not_seen(text: str, lines: str) -> None:
    assert " ".join(each for each in lines_of(text) if each) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    (
        ("`PING 192.0.2.1\nunreachable`", ("PING 192.0.2.1", "unreachable")),
        ("`ip rule`\nend`", ("`ip rule`", "end`")),
        ("`open\nend", ("`open", "end")),
    ),
)
def test_a_code_span_over_several_lines(text: str, lines: tuple[str, ...]) -> None:
    assert lines_of(text) == lines


def test_a_margin_that_numbers_quoted_lines() -> None:
    quoted = ("> $ ip addr", "> 1: lo: <LOOPBACK>", ">     inet 127.0.0.1/8", "> ", "> $ id")
    text = "\n".join(f"{number} {line}" for number, line in enumerate(quoted, 1))
    assert lines_of(text) == ("$ ip addr", "1: lo: <LOOPBACK>", "    inet 127.0.0.1/8", "", "$ id")


def test_the_column_of_numbers_above_each_block_of_a_page_goes() -> None:
    page = "Run `curl -I http://127.0.0.1:80`:\n1\n2\nHTTP/1.1 200 OK\nServer: a\n\nThen:\n1\n2\n3\na\nb\nc\n"
    assert [each for each in lines_of(page) if each.strip().isdigit()] == []
    alone = "$ cat /proc/sys/net/ipv4/ip_forward\n1\n"
    assert "1" in lines_of(alone)
    assert "1" in lines_of(page + alone)
