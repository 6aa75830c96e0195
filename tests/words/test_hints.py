"""A row of hints, and what it says if it has no words of its own."""

from hairpin.words.hints import OF_CAUSE, cause_and_number, said_by_name, words_or_cause
from hairpin.words.rows import rows_in

(ROW,) = rows_in("hint - 24\n  says refused\n  means {mtu}\n")


def test_a_row_without_a_cause() -> None:
    assert cause_and_number(ROW) == ("", 24)


def test_a_row_says_its_own_sentence_or_one_of_several_rows() -> None:
    assert words_or_cause(ROW, "means") == said_by_name("mtu")
    assert words_or_cause(ROW, "shows") == OF_CAUSE
    assert said_by_name("mtu").template.startswith("Small packets pass")
