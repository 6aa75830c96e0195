"""The entry of a text: the heaviest pattern whose words it has."""

from hairpin.words.index import best, index_of
from hairpin.words.meaning import TextEntry
from tests.rows import each_row

ENTRIES = (
    TextEntry(id="full", patterns=("the {word} is full",), subject="{word}", unless="mostly"),
    TextEntry(id="disk", patterns=("the disk is full now",), wider=("disk trouble",)),
    TextEntry(id="any", patterns=("something is full of many long words",), general=True),
    TextEntry(id="either", patterns=("module {module} gone", "table {table} gone"), subject="{module}{table}"),
)
INDEX = index_of(ENTRIES, wider=False)

FOUND: dict[str, tuple[str, str, str]] = {
    "its place is its subject": ("then the moon is full.", "full", "moon"),
    "the heavier pattern says more": ("the disk is full now", "disk", ""),
    "a general one says less": ("the moon is full, something is full of many long words", "full", "moon"),
    "the subject of the pattern that fits": ("table nat gone", "either", "nat"),
    "the same of another one": ("module veth gone", "either", "veth"),
    "beside a word, it means something else": ("the moon is full, mostly", "", ""),
    "a wider pattern is not asked": ("disk trouble", "", ""),
    "no words of any": ("nothing to see", "", ""),
}


@each_row(("text", "entry", "subject"), FOUND.values(), ids=FOUND)
def test_the_entry_of_a_text(text: str, entry: str, subject: str) -> None:
    found = INDEX.find(text)
    assert (found.entry.id, found.subject) == (entry, subject) if found is not None else not entry


def test_a_wider_pattern_is_asked_for_a_person() -> None:
    found = index_of(ENTRIES, wider=True).find("disk trouble")
    assert found is not None
    assert found.entry.id == "disk"


def test_only_patterns_whose_words_are_there_are_tried() -> None:
    assert INDEX.trials(b"nothing to see") == []
    (trial,) = INDEX.trials(b"The MOON is Full")
    assert trial.entry.id == "full"


def test_the_matched_part_and_the_places() -> None:
    found = best("so the moon is full", INDEX.trials(b"so the moon is full"))
    assert found is not None
    assert found.matched == "the moon is full"
    assert found.places == (("word", "moon"),)
