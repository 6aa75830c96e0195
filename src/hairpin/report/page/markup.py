"""Elements of a page, as a tree of ``xml.etree`` from the standard library.

Text that comes from a host stays text, and never becomes markup.

Text and attributes are escaped when the tree is written, so a single place escapes the whole page.
Source: HTML Living Standard, section 13.3, "Serializing HTML fragments".
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from hairpin.report.printable import printable

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
