"""The form of the files of rows."""

import re
from pathlib import Path

import pytest

import hairpin.words
from hairpin.words.errors import errors
from hairpin.words.pattern import PLACES, expression_of, sought, variants
from hairpin.words.rows import SENTENCES, rows_in, rows_of

LONGEST = 126
FOLDER = Path(hairpin.words.__file__).parent
FILES = sorted(each.relative_to(FOLDER).as_posix() for each in FOLDER.rglob("*.words"))

TEXT = """# A comment.

text one
  line a {port}
  line b
  means A long
    sentence.
  causes x, y
  general

text two
"""


def test_the_fields_of_a_row() -> None:
    one, two = rows_in(TEXT)
    assert (one.kind, one.name, one.line) == ("text", "one", 3)
    assert one.all_of("line") == ("a {port}", "b")
    assert one.one("means") == "A long sentence."
    assert one.listed("causes") == ("x", "y")
    assert one.has("general")
    assert two.fields == ()
    assert (two.one("means"), two.listed("causes"), two.has("general")) == ("", (), False)


def test_a_line_that_belongs_to_no_row() -> None:
    with pytest.raises(ValueError, match="1"):
        rows_in("  line a\n")


@pytest.mark.parametrize("file", FILES)
def test_names_are_unique_and_values_without_double_spaces(file: str) -> None:
    rows = rows_in((FOLDER / file).read_text("utf-8"))
    names = [(each.kind, each.name) for each in rows if each.kind not in ("hint", "lean")]
    assert len(names) == len(set(names))
    assert [(each.name, one.value) for each in rows for one in each.fields if "  " in one.value] == []


@pytest.mark.parametrize("file", FILES)
def test_each_pattern_is_a_regular_expression(file: str) -> None:
    for row in rows_in((FOLDER / file).read_text("utf-8")):
        for key in ("says", "unless", "is"):
            assert all(re.compile(sought(each).pattern) for each in row.all_of(key))
        if row.kind != "forms":
            for pattern in (*row.all_of("line"), *row.all_of("wider")):
                assert [expression_of(each.text) for each in variants(pattern)]


def test_a_sentence_has_one_key_in_all_files() -> None:
    keys = {one.key for file in FILES for row in rows_in((FOLDER / file).read_text("utf-8")) for one in row.fields}
    assert set(SENTENCES) <= keys


def test_a_name_in_a_pattern_means_one_thing() -> None:
    phrases = [each.name for each in rows_of("phrases.words") if each.kind == "phrase"]
    names = [*PLACES, *errors(), *phrases]
    assert len(names) == len(set(names))
    text = "".join(each.read_text("utf-8") for each in (*FOLDER.rglob("*.words"), *FOLDER.parent.rglob("*.py")))
    assert [each for each in phrases if f"{{{each}}}" not in text] == []


def test_each_line_of_a_row_fits_on_a_screen() -> None:
    lines = [line for file in FILES for line in (FOLDER / file).read_text("utf-8").splitlines()]
    assert [each for each in lines if len(each) > LONGEST] == []
