"""The file around a page: its head, its style and its script, and the content policy that forbids any other style or
script.

Source: Content Security Policy Level 3, section 6.7.3 (hashes of inline elements).
"""

import pkgutil
from base64 import b64encode
from functools import cache
from hashlib import sha256
from xml.etree.ElementTree import Element

from hairpin.message import message
from hairpin.report.page.markup import element, markup, with_children
from hairpin.report.words import TAGS, Words

_FOOTER = message("Made by hairpin. This file is complete: it loads nothing from elsewhere.")


@cache
def page_part(name: str) -> str:
    """Return the text of the page's style or script, which is a file in this module's folder."""
    data = pkgutil.get_data("hairpin.report.page", name)
    assert data is not None
    return data.decode("utf-8")


def whole_file(title: str, which: str, body: list[Element], words: Words) -> str:
    """Return the whole file.  ``title``: the first heading.  ``which``: one line with the subject and the time of the
    page.  ``body``: everything below the heading."""
    style, script = page_part("page.css"), page_part("page.js")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"hairpin: {title}"),
        _own("style", style),
    )
    shown = element(
        "body",
        element("header", element("p", which, class_="which"), element("h1", title)),
        with_children(element("main"), body),
        element("footer", element("p", words(_FOOTER))),
        _own("script", script),
    )
    return f"<!DOCTYPE html>\n{markup(element('html', head, shown, lang=TAGS[words.language]))}\n"


def _own(tag: str, text: str) -> Element:
    made = element(tag)
    made.text = text  # the serializer does not escape the text of <style> and <script>
    return made


def _policy(style: str, script: str) -> str:
    styles, scripts = (b64encode(sha256(each.encode()).digest()).decode() for each in (style, script))
    return (
        f"default-src 'none'; style-src 'sha256-{styles}'; script-src 'sha256-{scripts}'; base-uri 'none'; "
        "form-action 'none'"
    )
