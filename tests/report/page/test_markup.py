"""What a host says is text on a page: no string of any kind becomes markup."""

import re
from base64 import b64encode
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from hairpin.report.page.markup import element, markup, verbatim_element, whole_file
from hairpin.report.words import Words
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


def test_the_policy_names_the_hashes_of_the_files_own_style_and_script() -> None:
    text = whole_file("<title>", "here", [element("p", "x")], Words())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    for tag in ("style", "script"):
        own = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert own is not None
        digest = b64encode(sha256(own[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none';")


def test_nothing_is_loaded_from_anywhere() -> None:
    text = whole_file("t", "w", [element("p", "x")], Words())
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://", text.replace("default-src", "").replace("-src", ""))


def test_the_language_is_the_readers() -> None:
    assert '<html lang="zh-Hans">' in whole_file("t", "w", [], Words("zh"))
