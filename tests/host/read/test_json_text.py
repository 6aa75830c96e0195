"""JSON readings, friendly and hostile."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.errors import ParseError
from hairpin.host.read.json_text import decode, decode_documents, is_document, is_json, mended
from tests.rows import each_row

NUMBERS = msgspec.json.Decoder(tuple[int, ...])
ANYTHING = msgspec.json.Decoder(object)
NAMES = msgspec.json.Decoder(dict[str, str])


def test_decode() -> None:
    assert decode(NUMBERS, "[1, 2]", source="x") == (1, 2)


def test_a_name_that_is_no_utf8_loses_a_character() -> None:
    assert decode(NAMES, '{"name": "caf\udce9"}', source="x") == {"name": "caf?"}


@each_row("text", ("[" * 100_000, '{"a":' * 100_000, "[1", "", '["x"]', "9" * 10_000, "\x00"))
def test_hostile_json_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError, match="x"):
        decode(NUMBERS, text, source="x")


def test_depth_alone_is_a_parse_error() -> None:
    with pytest.raises(ParseError):
        decode(ANYTHING, "[" * 100_000 + "]" * 100_000, source="x")


def test_documents() -> None:
    assert decode_documents(NUMBERS, "[1]\n\n[2]\n", source="x") == ((1,), (2,))
    with pytest.raises(ParseError, match="x:3"):
        decode_documents(NUMBERS, "[1]\n\n[\n", source="x")


@pytest.mark.parametrize(("text", "expected"), (("[]", True), (" {", True), ("0:\tfrom all", False), ("", False)))
def test_is_json(text: str, expected: bool) -> None:
    assert is_json(text) is expected


JSON_TEXT_NAMES: dict[str, tuple[str, str]] = {
    "an escape character": ('["a\x1b[31m"]', "a\x1b[31m"),
    "a bell and a delete": ('["\x07\x7f"]', "\x07\x7f"),
    "an apostrophe as iproute2 before 5.0 writes it": (r"""["it\'s"]""", "it's"),
    "a byte that is no UTF-8, spelt": (r'["d\xff"]', r"d\xff"),
    "the same behind an escaped backslash": (r'["d\\\xff"]', r"d\\xff"),
    "an incomplete escape": (r'["\u12"]', r"\u12"),
    "a quote": (r'["b\"q\\z"]', 'b"q\\z'),
}


@each_row(("text", "name"), JSON_TEXT_NAMES.values(), ids=JSON_TEXT_NAMES)
def test_mended(text: str, name: str) -> None:
    assert json.loads(mended(text)) == [name]


@given(name=st.text(), ensure_ascii=st.booleans())
def test_json_stays_as_it_is(name: str, *, ensure_ascii: bool) -> None:
    text = json.dumps([{name: name}], indent=1, ensure_ascii=ensure_ascii)
    assert json.loads(mended(text)) == [{name: name}]


def test_only_tools_write_documents() -> None:
    assert is_document("ip-addr", ' [{"ifname":"lo"}]')
    assert not is_document("ip-addr", "1: lo: <LOOPBACK>")
    assert not is_document("file", "[main]")
