"""The overview as a table of a page: each cell with its verdict in words, and the numbers of its causes as links."""

from xml.etree.ElementTree import Element

from hairpin.message import message
from hairpin.report.overview import Overview, OverviewCell
from hairpin.report.page.markup import Child, element
from hairpin.report.verdicts import mark_of
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS


def overview_table(found: Overview, anchors: dict[str, str], words: Words) -> Element:
    """Return the table.  ``anchors``: what a cause is called in a cell, by its ref; its section has the ref as id."""
    head = element("tr", element("td"), *(element("th", each, scope="col") for each in found.standpoints))
    body = (
        element(
            "tr", element("th", found.label(row), scope="row"), *(_cell(each, anchors, words) for each in row.cells)
        )
        for row in found.rows
    )
    caption = element("caption", words(message("what can be reached from where; a number is that of the cause")))
    table = element("table", caption, element("thead", head), element("tbody", *body))
    label = words(message("what can be reached from where"))
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def _cell(cell: OverviewCell | None, anchors: dict[str, str], words: Words) -> Element:
    if cell is None:
        return element("td")
    mark, style = mark_of(cell.verdict)
    links: list[Child] = []
    for each in cell.causes:
        if each in anchors:
            links += [" ", element("a", anchors[each], href=f"#{each}")]
    return element("td", f"{mark} {words(VERDICTS[cell.verdict])}", *links, class_=style)
