"""A table of rows is one test: each row runs, and each that fails is told by its name."""

import pytest

from tests.rows import each_row


def test_all_rows_run_and_each_that_fails_is_told() -> None:
    met: list[int] = []

    @each_row(("number", "word"), ((1, "a"), (2, "b"), (3, "c")), ids=("first", "second", "third"))
    def even(number: int, word: str) -> None:
        """Doc."""
        met.append(number)
        assert number % 2 == 0, word

    assert (even.__name__, even.__doc__) == ("even", "Doc.")
    with pytest.raises(ExceptionGroup, match="2 of 3 rows fail") as failed:
        even()
    assert met == [1, 2, 3]
    assert [each.__notes__ for each in failed.value.exceptions] == [["row: first"], ["row: third"]]


def test_one_argument_is_the_row_and_its_own_name() -> None:
    @each_row("pair", [(1, 2), (3, 3)])
    def differ(pair: tuple[int, int]) -> None:
        assert pair[0] != pair[1]

    with pytest.raises(ExceptionGroup) as failed:
        differ()
    assert [each.__notes__ for each in failed.value.exceptions] == [["row: (3, 3)"]]


def test_a_table_without_rows_proves_nothing() -> None:
    with pytest.raises(ValueError, match="0 rows"):
        each_row("number", ())
