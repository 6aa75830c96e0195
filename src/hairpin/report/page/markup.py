"""Elements of a page, as a tree of ``xml.etree`` from the standard library.

Text that comes from a host stays text, and never becomes markup.

Text and attributes are escaped when the tree is written, so a single place escapes the whole page.

The file around a page has its head, its style and its script, and the content policy that forbids any other style or
script.

Source: HTML Living Standard, section 13.3, "Serializing HTML fragments"; Content Security Policy Level 3, section 6.7.3
(hashes of inline elements).
"""

import pkgutil
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from xml.etree.ElementTree import Element, tostring

from hairpin.message import message
from hairpin.report.printable import printable
from hairpin.report.words import TAGS, Words

Child = Element | str | None
SVG = "http://www.w3.org/2000/svg"


def element(tag: str, *children: Child, **attributes: str | float | bool | None) -> Element:
    """Return an element.  Strings among the children become the element's text.  A child that is None is skipped.

    The arguments ``class_`` and ``for_`` become the attributes ``class`` and ``for``; ``aria_label`` becomes
    ``aria-label``.  An attribute with the value None or False is not written.  An attribute with the value True is
    written as a name without a value."""
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None and value is not False:
            spelt = name.rstrip("_").replace("_", "-")
            made.set(spelt, spelt if value is True else printable(_number(value)))
    return with_children(made, children)


def with_children(made: Element, children: Iterable[Child]) -> Element:
    """Add the children to the element, and return it."""
    for each in children:
        if isinstance(each, Element):
            made.append(each)
        elif each is not None:
            add_text(made, printable(each))
    return made


def verbatim_element(tag: str, text: str, **attributes: str | None) -> Element:
    """Return an element whose text keeps its line breaks: commands, quotes, the page's own style and script."""
    made = element(tag, **attributes)
    made.text = "\n".join(printable(line) for line in text.split("\n"))
    return made


def markup(root: Element) -> str:
    """Return the element as HTML."""
    return tostring(root, encoding="unicode", method="html")


def _number(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def add_text(made: Element, text: str) -> None:
    """Add the text after the element's content, verbatim.  The text is either printable or a line break."""
    if len(made):
        made[-1].tail = (made[-1].tail or "") + text
    else:
        made.text = (made.text or "") + text


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
