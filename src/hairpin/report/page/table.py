"""The tables of a page, including the overview.  On a narrow page each table scrolls in its own region; on phones each
table is shown as a list.
"""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from hairpin.message import message
from hairpin.report.page.markup import Child, element
from hairpin.report.printable import printable
from hairpin.report.text.overview import Overview, OverviewCell, OverviewRow, folded_rows
from hairpin.report.verdicts import KEPT_OUT, mark_of
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS

_MANY = 12
"""In a table with more rows than this number, similar rows are merged."""
_NUMBERED = message("from where each target can be reached; a number names a cause; empty: not checked")
_PLAIN = message("from where each target can be reached; empty: not checked")


def table(caption: str, name: str, heads: Iterable[str], rows: Iterable[tuple[str, Iterable[Element]]]) -> Element:
    """Return the table.  ``name``: the name of the table's region, for screen readers.  ``rows``: the head and the
    cells of each row.

    On a phone each row is a block, and the name of the column stands before each cell."""
    columns = tuple(heads)
    head = element("tr", element("td"), *(element("th", each, scope="col") for each in columns))
    body = (element("tr", element("th", label, scope="row"), *_named(cells, columns)) for label, cells in rows)
    made = element("table", element("caption", caption), element("thead", head), element("tbody", *body))
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=name)


def _named(cells: Iterable[Element], columns: tuple[str, ...]) -> Iterator[Element]:
    for cell, column in zip(cells, columns, strict=True):
        cell.set("data-column", printable(column))
        yield cell


def overview_table(found: Overview, anchors: dict[str, str], words: Words) -> Element:
    """Return the table.

    If the table has many rows, similar rows are merged, and the table with all rows is folded below.

    ``anchors``: for each cause's ref, the text that names the cause in a cell.  The cell links to the cause's section,
    whose id is the ref."""
    every = [(found.label(each), each) for each in found.rows]
    rows = [*folded_rows(found, words)]
    if len(every) <= _MANY or len(rows) == len(every):
        return _table(found, every, anchors, words)
    summary = element("summary", words(message("all {count} rows", count=len(every))))
    whole = element("details", summary, _table(found, every, anchors, words))
    return element("div", _table(found, rows, anchors, words), whole)


def _table(found: Overview, rows: list[tuple[str, OverviewRow]], anchors: dict[str, str], words: Words) -> Element:
    return table(
        words(_NUMBERED if anchors else _PLAIN),
        words(message("from where each target can be reached")),
        found.standpoints,
        ((label, (_cell(each, anchors, words) for each in row.cells)) for label, row in rows),
    )


def _cell(cell: OverviewCell | None, anchors: dict[str, str], words: Words) -> Element:
    if cell is None:
        return element("td")
    if cell.verdict is None:
        return element("td", f"– {words(KEPT_OUT)}", class_="unsure")
    mark, style = mark_of(cell.verdict)
    links: list[Child] = []
    for each in cell.causes:
        if each in anchors:
            links += [" ", element("a", anchors[each], href=f"#{each}")]
    return element("td", f"{mark} {words(VERDICTS[cell.verdict])}", *links, class_=style)
