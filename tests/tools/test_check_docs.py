"""The words that the glossary rules out are found in each form in which prose has them."""

import pytest

from tests.rows import each_row
from tools.check_docs import installs, misformed, missing_files, other_words, pattern_of, synonyms

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


@each_row(("text", "found"), SAID.values(), ids=SAID)
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
    assert "hardware address" in {said for _, _, said in synonyms()}


NOTES = {"walk-ipv6.added.md": True, "walk-ipv6.fixed.md": False, "walk-ipv6.changed.md": False, "Walk.added.md": False}


@pytest.mark.parametrize(("name", "good"), NOTES.items(), ids=NOTES)
def test_a_note_compares_with_no_release_before_there_is_one(name: str, good: bool) -> None:
    assert (list(misformed(f"changelog.d/{name}", "IPv6 is walked.\n")) == []) is good


# The name that no printed command may install, built here so that this file does not say it itself.
BARE = "hair" + "pin"
INSTALLED: dict[str, tuple[str, bool]] = {
    "pipx": (f"    pipx install {BARE}\n", True),
    "an extra": (f"`pipx install '{BARE}[mcp]'`", True),
    "an extra, over a string's end": (f'"install it with `pipx install "\n        "{BARE}[mcp]`"', True),
    "options and another package": (f"sudo python3 -m pip install --upgrade click {BARE}", True),
    "a version": (f"pip3 install {BARE}==0.1.0", True),
    "at the end of a sentence": (f"Run pip install {BARE}.", True),
    "uv": (f"uvx {BARE} 8151", True),
    "uv's tool": (f"uv tool install {BARE}", True),
    "a package of a distribution": (f"apt-get install -y {BARE}", True),
    "a translation": (f'msgstr "用 `pip install {BARE}` 安装"', True),
    "an image": (f"docker run --rm --pid=host --net=host {BARE} 8151", True),
    "an image, over a string's end": (f'"podman run --rm --pid=host "\n    "--net=host {BARE}"', True),
    "a pulled image": (f"docker pull {BARE}:latest", True),
    "a checkout": ("pipx install '.[mcp]'", False),
    "a wheel": (f"pipx install ./{BARE}-0.1.0-py3-none-any.whl", False),
    "a wheel of this folder": (f"pip install {BARE}-0.1.0-py3-none-any.whl", False),
    "a wheel with its extra": (f"pipx install './{BARE}-0.1.0-py3-none-any.whl[mcp]'", False),
    "an address": (f"pipx install git+https://host.example/{BARE}", False),
    "an address behind the name": (f"pipx install '{BARE} @ git+ADDRESS'", False),
    "a package file": (f"sudo apt install ./{BARE}_0.1.0-1_amd64.deb", False),
    "beside it": (f"pipx inject {BARE} 'mcp>=2,<3'", False),
    "a comment": (f"pipx install .   # the command {BARE}", False),
    "this machine's image": (f"docker run --rm --net=host localhost/{BARE} 8151", False),
    "an image of the lab": (f"docker run -d --name web {BARE}-lab", False),
    "a plugin": (f"docker {BARE} 8151", False),
    "two sentences": (f"Use `pipx install`. {BARE} then runs.", False),
}


@each_row(("text", "found"), INSTALLED.values(), ids=INSTALLED)
def test_nothing_installs_hairpin_by_its_bare_name(text: str, found: bool) -> None:
    """An index, a registry: whoever owns the name there would be run as root."""
    assert bool(list(installs(text))) is found


def test_the_line_of_a_command_over_a_string_s_end() -> None:
    assert [number for number, _ in installs(f'one\n"pipx install "\n"{BARE}"\n"pip install {BARE}"\n')] == [2, 4]
