"""The words that the glossary rules out are found in each form in which prose has them."""

import pytest

from tools.check_docs import misformed, missing_files, other_words, pattern_of, synonyms

# How text says what the glossary rules out, built here so that this file does not say it itself.
ARP, ENTRY, ENTRIES = "ARP", "entry", "entries"
SAID: dict[str, tuple[str, bool]] = {
    "the word": (f"An {ARP} {ENTRY} is old.", True),
    "in other letters": (f"an {ARP.lower()} {ENTRY.title()}", True),
    "the plural": (f"{ARP} {ENTRIES} are old", True),
    "over a line's end": (f"the {ARP}\n    {ENTRY} is old", True),
    "over the end of a comment's line": (f"# the {ARP}\n# {ENTRIES} are old", True),
    "over the end of a quotation's line": (f"> the {ARP}\n> {ENTRY}", True),
    "two paragraphs": (f"it asks with {ARP}\n\n{ENTRY} of a table", False),
    "a longer word": (f"{ARP} {ENTRY}way", False),
    "the glossary's word": ("neighbour entries", False),
}


@pytest.mark.parametrize(("text", "found"), SAID.values(), ids=SAID)
def test_a_word_that_the_glossary_rules_out(text: str, found: bool) -> None:
    assert (pattern_of(f"{ARP} {ENTRY}").search(text) is not None) is found
    assert any("neighbour entry" in said for _, said in other_words(text)) is found


def test_the_line_is_that_where_the_word_begins() -> None:
    assert [number for number, _ in other_words(f"one\ntwo {ARP}\n{ENTRY}\n")] == [2]


@pytest.mark.parametrize("word", ("address", "port"))
def test_plurals(word: str) -> None:
    plural = {"address": "addresses", "port": "ports"}[word]
    assert pattern_of(word).fullmatch(plural) is not None
    assert pattern_of(word).fullmatch(word + "ing") is None


def test_a_page_names_files_that_are_there() -> None:
    paths = ("src/hairpin/texts/meaning.py", "tests/texts/test_told.py")
    text = "See `texts/meaning.py` and `tests/texts/test_told.py::test_x`,\nnot `explain/meaning.py`.\n"
    assert list(missing_files(text, paths)) == [(2, "names explain/meaning.py: no such file")]


def test_the_table_is_read() -> None:
    assert "hardware address" in {said for _, said in synonyms()}


NOTES = {"walk-ipv6.added.md": True, "walk-ipv6.fixed.md": False, "walk-ipv6.changed.md": False, "Walk.added.md": False}


@pytest.mark.parametrize(("name", "good"), NOTES.items(), ids=NOTES)
def test_a_note_compares_with_no_release_before_there_is_one(name: str, good: bool) -> None:
    assert (list(misformed(f"changelog.d/{name}", "IPv6 is walked.\n")) == []) is good
