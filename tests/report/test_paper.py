"""Lines stay inside the paper, words that people copy stay whole, colour is only there when asked for."""

from hypothesis import given
from hypothesis import strategies as st

from hairpin.report.paper import NARROWEST, WIDEST, Paper, cells, shortened, wrapped
from tests.rows import each_row

WRAPPED: dict[str, tuple[str, int, list[str]]] = {
    "at spaces": ("one two three", 8, ["one two", "three"]),
    "a long word keeps its line": ("see /etc/sysctl.d/99-a.conf there", 8, ["see", "/etc/sysctl.d/99-a.conf", "there"]),
    "between Chinese characters": ("一二三四五", 6, ["一二三", "四五"]),
    "no line begins with a comma": ("一二三，四", 6, ["一二", "三，四"]),
    "nothing": ("", 10, []),
}


@each_row(("text", "room", "expected"), WRAPPED.values(), ids=WRAPPED)
def test_wrapped(text: str, room: int, expected: list[str]) -> None:
    assert list(wrapped(text, room)) == expected


@given(st.text(alphabet="ab 一，", max_size=60), st.integers(10, 40))
def test_wrapping_loses_nothing_but_spaces(text: str, room: int) -> None:
    assert "".join(wrapped(text, room)).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet="ab 一二", max_size=60), st.integers(1, 40))
def test_shortened_fits(text: str, room: int) -> None:
    assert cells(shortened(text, room)) <= room


@given(st.integers(-5, 500))
def test_width_is_bounded(width: int) -> None:
    assert NARROWEST <= Paper(width=width).width <= WIDEST


def test_a_combining_mark_takes_no_column() -> None:
    assert (cells("é"), cells("e\u0301"), cells("中")) == (1, 1, 2)
    assert (cells("a\u200db"), cells("a\u00adb"), cells("\u20dda")) == (2, 3, 1), "a joiner, a soft hyphen, a circle"


def test_colour_only_when_asked_for() -> None:
    plain, coloured = Paper(), Paper(coloured=True)
    for paper in (plain, coloured):
        paper.line(("bad news", "bad"))
    assert plain.text() == "bad news\n"
    assert coloured.text() == "\x1b[1;31mbad news\x1b[0m\n"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    paper = Paper(ascii_only=True)
    paper.line("✗ a → b │")
    assert paper.text().isascii()


def test_a_line_is_never_broken_and_a_cut_one_fits() -> None:
    paper = Paper(width=40)
    paper.line("x" * 100)
    paper.cut(("y" * 30, "bad"), "z" * 30)
    first, second = paper.text().splitlines()
    assert len(first) == 100
    assert second == "y" * 30 + "z" * 9 + "…"


def test_prose_is_indented_under_its_first_word() -> None:
    paper = Paper(width=40)
    paper.prose("one two three four five six seven eight", first="note: ")
    assert paper.text().splitlines() == ["note: one two three four five six seven", "      eight"]


def test_gaps_do_not_add_up() -> None:
    paper = Paper()
    paper.gap()
    paper.line("a")
    paper.gap()
    paper.gap()
    paper.line("b")
    assert paper.text() == "a\n\nb\n"


def test_nothing_of_a_host_reaches_the_terminal_as_an_escape_sequence() -> None:
    paper = Paper(width=40, coloured=True)
    paper.line("a\x1b[2J", ("b\x07", "bad"))
    paper.cut("c\x1b]0;x" * 20)
    paper.prose("one\x1b[1m\n\n    two", first="first\x1b ", indent=2)
    paper.line("  ", ("ip link set 'd\x1b' up", "command"))
    first, second, third, fourth = paper.text().splitlines()
    assert first == "a\\x1b[2J\x1b[1;31mb\\x07\x1b[0m"
    assert cells(second) == 40
    assert third == "  first\\x1b one\\x1b[1m two"
    assert fourth == "  \x1b[36mip link set 'd'$'\\x1b''' up\x1b[0m"


def test_a_here_document_has_a_line_for_each_of_its_lines() -> None:
    paper = Paper()
    paper.line("  ", ("nft -f - <<'END'\nadd table ip x\nEND", "command"))
    assert paper.text() == "  nft -f - <<'END'\n  add table ip x\n  END\n"


def test_an_arrow_is_two_characters_in_ascii_and_counts_as_two() -> None:
    paper = Paper(width=40, ascii_only=True)
    paper.prose("→ " * 30)
    paper.cut("a → b ← " * 9)
    lines = paper.text().splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert lines[-1].startswith("a -> b <- a")
