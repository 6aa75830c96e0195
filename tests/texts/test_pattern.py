"""Patterns: places, languages, and the trigger that every line they match has."""

import pytest

from hairpin.explain.catalogue import ENTRIES
from hairpin.texts.pattern import expression_of, variants


def test_any_amount_of_space_any_quotes_any_capitals() -> None:
    pattern = expression_of("can't initialize table `{table}'")
    found = pattern.search('Can’t  initialize table \\"nat\\": no')
    assert found is not None
    assert found.groupdict().popitem()[1] == "nat"


def test_a_word_is_not_found_inside_another() -> None:
    assert expression_of("port is busy").search("transport is busy") is None
    assert expression_of("port is busy").search("port is busybox") is None


def test_common_words_mean_something_alone() -> None:
    pattern = expression_of("^No route to host$")
    assert pattern.search(" No route to host.\n") is not None
    assert pattern.search("a page about No route to host") is None


def test_an_error_is_known_in_english_and_chinese() -> None:
    texts = [each.text for each in variants("connect: {refused}")]
    assert {"connect: Connection refused", "connect: 拒绝连接"} <= set(texts)


@pytest.mark.parametrize("address", ("10.0.0.5", "2001:db8::1", "[::]", "fe80::1%eth0"))
def test_an_address(address: str) -> None:
    assert expression_of("to {address} now").search(f"to {address} now") is not None


def test_each_variant_has_a_trigger() -> None:
    found = [each for entry in ENTRIES for text in entry.patterns for each in variants(text)]
    assert [each.text for each in found if not each.words and not each.script] == []


def test_a_word_beside_a_place_is_no_trigger() -> None:
    assert variants("veth* is gone")[0].words == ("is", "gone")
