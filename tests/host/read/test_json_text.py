"""JSON readings, friendly and hostile."""

import msgspec
import pytest

from hairpin.errors import ParseError
from hairpin.host.read.json_text import decode, decode_documents, is_json
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
