"""A table of a page: it scrolls in a region of its own where the page is too narrow for it, and is a list on phones."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from hairpin.report.page.markup import element
from hairpin.report.printable import printable


def table(caption: str, name: str, heads: Iterable[str], rows: Iterable[tuple[str, Iterable[Element]]]) -> Element:
    """Return the table.  ``name``: of its region, for screen readers; ``rows``: the head of each and its cells.

    On a phone each row is a block of its cells, each with the name of its column before it."""
    columns = tuple(heads)
    head = element("tr", element("td"), *(element("th", each, scope="col") for each in columns))
    body = (element("tr", element("th", label, scope="row"), *_named(cells, columns)) for label, cells in rows)
    made = element("table", element("caption", caption), element("thead", head), element("tbody", *body))
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=name)


def _named(cells: Iterable[Element], columns: tuple[str, ...]) -> Iterator[Element]:
    for cell, column in zip(cells, columns, strict=True):
        cell.set("data-column", printable(column))
        yield cell
