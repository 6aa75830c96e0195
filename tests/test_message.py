"""A message is an English template with its values; a value may be a message."""

import msgspec
import pytest

from hairpin.message import Message, few_of, message


def test_a_message_reads_in_english() -> None:
    assert str(message("{link} is down", link="eth0")) == "eth0 is down"
    assert str(message("nothing in it")) == "nothing in it"


def test_values_are_words() -> None:
    assert message("port {port}", port=8151).values == (("port", "8151"),)
    assert str(message("{text!r} is no target", text="it's")) == '"it\'s" is no target'


def test_braces_in_a_value_are_only_text() -> None:
    assert str(message("it says {said}", said="{link} {0}")) == "it says {link} {0}"


def test_a_message_in_a_message_stays_one() -> None:
    inner = message("{link} is down", link="eth0")
    outer = message("no: {reason}", reason=inner)
    assert outer.values == (("reason", inner),)
    assert str(outer) == "no: eth0 is down"


def test_messages_compare_by_what_they_say() -> None:
    assert message("a {b}", b=1) == message("a {b}", b="1") == Message("a {b}", (("b", "1"),))
    assert len({message("a"), message("a"), message("b")}) == 2


def test_a_message_crosses_json_whole() -> None:
    said = message("no: {reason} ({count})", reason=message("{link} is down", link="eth0"), count=3)
    assert msgspec.json.decode(msgspec.json.encode(said), type=Message) == said


def test_a_sentence_gets_its_values_later() -> None:
    assert message("{link} is down").filled(link="eth0", other="unused") == message("{link} is down", link="eth0")


@pytest.mark.parametrize(
    ("texts", "expected"), ((("a",), "a"), (("a", "b", "c"), "a, b, c"), (("a", "b", "c", "d", "e"), "a, b, c (+2)"))
)
def test_the_first_of_many_are_named(texts: tuple[str, ...], expected: str) -> None:
    assert few_of(texts) == expected
