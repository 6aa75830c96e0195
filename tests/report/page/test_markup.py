"""What a host says is text on a page: no string of any kind becomes markup."""

from hypothesis import given
from hypothesis import strategies as st

from hairpin.report.page.markup import element, markup, verbatim_element
from tests.report.page.reading import PageReader

HOSTILE = (
    "<script>alert(1)</script>", "</pre><img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "&lt;b&gt;", "<!--",
    "]]>", "javascript:alert(1)", "' onfocus='alert(1)", "\x00\x1b[31m", "\u202e\u2066", "{{7*7}}", "</title><h1>",
    "\ud800", "`<b>`", "a\nb\r\nc\td",
)  # fmt: skip
"""Strings that try to be more than text."""


@given(st.one_of(st.sampled_from(HOSTILE), st.text()), st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_no_string_becomes_markup(text: str, value: str) -> None:
    read = PageReader(markup(element("p", text, element("b", text), text, title=value)))
    assert (read.tags, [name for name, _ in read.attributes]) == (["p", "b"], ["title"])


@given(st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_verbatim_text_is_text(text: str) -> None:
    read = PageReader(markup(verbatim_element("pre", text)))
    assert read.tags == ["pre"]


def test_lines_of_commands_stay_lines() -> None:
    assert markup(verbatim_element("pre", "a <b\n  c")) == "<pre>a &lt;b\n  c</pre>"


def test_attributes() -> None:
    made = element("input", class_="a", for_="b", aria_label="c", checked=True, hidden=False, x=1.5, y=None)
    assert markup(made) == '<input class="a" for="b" aria-label="c" checked="checked" x="1.5">'
