"""An edit of what was read is made on the whole file, whose hidden lines stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.change.whole_file import edited_whole

LINES = st.lists(st.sampled_from(("a", "b", "  c", "", "psk=secret", "\td\r")), max_size=8)


def reading(text: str) -> str:
    """Return the text as collect.sh tells it."""
    lines = text.removesuffix("\n").split("\n") if text else []
    return "".join(f"{'# not collected' if 'secret' in line else line}\n" for line in lines)


@pytest.mark.parametrize(
    ("found", "before", "after", "made"),
    (
        ("psk=secret\na\n", "# not collected\na\n", "# not collected\na\nb\n", "psk=secret\na\nb\n"),
        ("psk=secret\na", "# not collected\na\n", "# not collected\nb\n", "psk=secret\nb"),
        ("a", "a\n", "a\nb\n", "a\nb"),
        (" up curl secret\na\n", " up # not collected\na\n", " up # not collected\n", " up curl secret\n"),
        ("a\r\nb\r\n", "a\r\nb\r\n", "a\r\nc\r\nb\r\n", "a\r\nc\r\nb\r\n"),
        ("", "", "a\n", "a\n"),
    ),
)
def test_the_edit_is_made_and_all_else_stays(found: str, before: str, after: str, made: str) -> None:
    assert edited_whole(found, before, after) == made


@pytest.mark.parametrize(
    ("found", "before", "after"),
    (
        ("a\nc\n", "a\nb\n", "a\n"),
        ("a\n", "a\nb\n", "a\n"),
        ("a\nb\n", "a\n", "a\n"),
        ("x=1\ny=secret\n", "x=1\n# not collected\n", "# not collected\nx=1\n"),
    ),
)
def test_another_file_than_was_read_is_left(found: str, before: str, after: str) -> None:
    assert edited_whole(found, before, after) is None


@given(lines=LINES, at=st.integers(0, 8), new=st.sampled_from(("z", "# z")), end=st.sampled_from(("", "\n")))
def test_a_line_more_and_the_same_line_less(lines: list[str], at: int, new: str, end: str) -> None:
    found = "\n".join(lines) + (end if lines else "")
    before = reading(found)
    rows = before.split("\n")[:-1]
    at = min(at, len(rows))
    after = "".join(f"{line}\n" for line in (*rows[:at], new, *rows[at:]))
    made = edited_whole(found, before, after)
    if not found:
        return
    assert made is not None
    assert reading(made) == after
    assert made.split("\n")[:at] + made.split("\n")[at + 1 :] == found.split("\n")
    assert edited_whole(made, after, before) == found
