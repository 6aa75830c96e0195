"""Patterns that are compiled when a text has their letters: no match is lost by this."""

import gc
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hairpin.answer.likely import hinted
from hairpin.pasted import secrecy
from hairpin.sought import AnyOf, Sought
from tests.rows import each_row

_TEXTS = [path.read_text() for path in sorted((Path(__file__).parent / "pasted" / "threads").glob("*.txt"))[::40]]
_MODULES = (hinted, secrecy)
_PATTERNS = [each for each in gc.get_objects() if isinstance(each, Sought)]
"""All patterns of these modules, and of those that they import."""
_LETTERS = st.text("abß.", min_size=1, max_size=3).map(re.escape)
_REGEXES = st.recursive(
    st.one_of(_LETTERS, st.sampled_from((r"\s", r"\d", ".", "[ab]", "[^a]", r"\b", "^", "(?=a)", "(?<!b)"))),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        st.tuples(
            st.sampled_from(("(?:", "(", "(?i:")), inner, st.sampled_from((")", ")?", ")*", ")+", "){0,2}", "){2}"))
        ).map("".join),
        st.tuples(_LETTERS, st.sampled_from(("?", "*", "+", "{1,2}", "*?"))).map("".join),
    ),
    max_leaves=8,
)


@given(_REGEXES, st.text("abßAB. 1SS", max_size=12))
def test_a_text_that_matches_has_the_letters(pattern: str, text: str) -> None:
    if re.search(pattern, text, re.IGNORECASE) is not None:
        assert Sought(pattern, re.IGNORECASE).search(text) is not None


def test_the_patterns_of_hints_lose_no_match() -> None:
    lost = [
        each.pattern
        for each in _PATTERNS
        for text in _TEXTS
        if not each.may_match(text) and re.search(each.pattern, text, each.flags) is not None
    ]
    assert lost == []


@each_row(
    ("pattern", "text"),
    (
        ("connection refused|timed out", "all is well"),
        (r"docker\s+desktop", "docker on a server, no window"),
        (r"(?:host|nas) itself", "the host answers"),
        (r"colou?rs", "color"),
        (r"a(?:b|c)d", "axd"),
        (r"x\.y\x2dz", "x.yz"),
    ),
)
def test_a_text_without_the_letters_is_not_searched(pattern: str, text: str) -> None:
    assert not Sought(pattern).may_match(text)


@each_row(
    ("pattern", "text"),
    (
        ("(?i)Foo", "foo"),
        ("(?s)a.b", "a\nb"),
        ("a{b", "a{b"),
        ("x]y", "x]y"),
        (r"\012z", "\nz"),
        ("[]a]b", "]b"),
        (r"\u00e9", "é"),
    ),
)
def test_less_usual_forms_are_found(pattern: str, text: str) -> None:
    assert Sought(pattern).search(text) is not None


def test_the_methods_are_those_of_a_pattern() -> None:
    ours, theirs = Sought(r"(\d)b"), re.compile(r"(\d)b")
    for text in ("1b, 2b", "1b", "nothing"):
        assert ours.findall(text) == theirs.findall(text)
        assert ours.split(text) == theirs.split(text)
        assert ours.sub("x", text, 1) == theirs.sub("x", text, 1)
        assert [each.span() for each in ours.finditer(text)] == [each.span() for each in theirs.finditer(text)]
        assert (ours.match(text) is None, ours.fullmatch(text) is None) == (
            theirs.match(text) is None, theirs.fullmatch(text) is None
        )  # fmt: skip


@each_row("pattern", (r"\s*", r"a?b*", r"(?:ab)?", r"(?!ab)", "ab|", r"[ab]+"))
def test_what_needs_no_letters_may_match_any_text(pattern: str) -> None:
    assert Sought(pattern).may_match("")


def test_any_of_many_alternatives_matches_as_the_whole_does() -> None:
    whole = Sought("(?a:cannot|time[ds] out)|不通")
    any_of = AnyOf(whole, Sought("cannot", re.ASCII), Sought("time[ds] out", re.ASCII), Sought("不通"))
    for text in ("it timed out", "I cannot", "网络不通", "it works") * 200:
        assert (any_of.search(text) is None) == (whole.search(text) is None)
