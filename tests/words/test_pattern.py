"""Patterns: places, languages, and the trigger that every line they match has."""

import pytest

from hairpin.words.catalogue import entries
from hairpin.words.pattern import expression_of, shown_text, sought, variants
from tests.rows import each_row


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
    found = [each for entry in entries() for text in entry.patterns for each in variants(text)]
    assert [each.text for each in found if not each.words and not each.script] == []


def test_a_word_beside_a_place_is_no_trigger() -> None:
    assert variants("veth… is gone")[0].words == ("is", "gone")


VARYING: dict[str, tuple[str, tuple[str, ...]]] = {
    "an escaped sign is a letter": (r"curl: \(7\) failed", ("curl", "7", "failed")),
    "a group varies": ("the (?:big|small) port is busy", ("the", "port", "is", "busy")),
    "a letter that may be absent": ("the ports? is busy", ("the", "is", "busy")),
    "a set": ("error [0-9]+ here", ("error", "here")),
}


@each_row(("pattern", "expected"), VARYING.values(), ids=VARYING)
def test_the_words_that_each_line_has(pattern: str, expected: tuple[str, ...]) -> None:
    assert variants(pattern)[0].words == expected


SOUGHT: dict[str, tuple[str, str, bool]] = {
    "wrapped": ("no answer", "there is no\n  answer", True),
    "perhaps a space": ("port ?map", "portmap", True),
    "any quote": ("doesn't", "it doesn’t work", True),
    "a name beside Chinese": (r"\bdocker\b", "重启docker后", True),
    "at the beginning of a line": ("^services:", "version: 3\n  services:\n", True),
    "not in the middle": ("^services:", "the services: none", False),
    "any text of the line": ("curl … refused", "curl localhost: refused", True),
    "not of the next": ("curl …refused", "curl localhost\nrefused", False),
    "an error": ("dial {refused}", "dial 拒绝连接", True),
    "a place": ("port {port} ", "port 80 is", True),
    "what stands before it": ("(?<!n't )connect", "I can’t connect", False),
    "a space in a set": ("a[ -]b", "a b", True),
}


@each_row(("pattern", "text", "matches"), SOUGHT.values(), ids=SOUGHT)
def test_words_of_a_person(pattern: str, text: str, matches: bool) -> None:
    assert (sought(pattern).search(text) is not None) is matches


def test_what_varies_is_shown_as_an_ellipsis() -> None:
    assert shown_text(r"^Bind for {address}:{port} failed: … \(x\)$") == "Bind for …:… failed: … (x)"
