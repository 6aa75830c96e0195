"""A table of a page: it scrolls in a region of its own where the page is too narrow for it."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from hairpin.report.page.markup import element


def table(caption: str, name: str, heads: Iterable[str], rows: Iterable[tuple[str, Iterable[Element]]]) -> Element:
    """Return the table.  ``name``: of its region, for screen readers; ``rows``: the head of each and its cells."""
    head = element("tr", element("td"), *(element("th", each, scope="col") for each in heads))
    body = (element("tr", element("th", label, scope="row"), *cells) for label, cells in rows)
    made = element("table", element("caption", caption), element("thead", head), element("tbody", *body))
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=name)
