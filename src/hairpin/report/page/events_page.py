"""The matrix of events as a page: what is asked for down, the events across, and what becomes of it in the cells."""

from functools import partial
from typing import Literal
from xml.etree.ElementTree import Element

from hairpin.answer.matrix import EventCell, EventRow, Matrix
from hairpin.message import Message, message
from hairpin.report.events_text import event_name, events_text
from hairpin.report.grounds_text import source_of
from hairpin.report.overview import OverviewRow, overview_of
from hairpin.report.page.markup import element
from hairpin.report.page.text_page import text_page
from hairpin.report.places import places_of
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS, succeeds

Outcome = Literal["breaks", "undecided", "interrupted", "returns", "fails", "stays"]
_ORDER: tuple[Outcome, ...] = ("breaks", "undecided", "interrupted", "returns", "fails", "stays")
"""The worst first: a cell of several flows shows the first that one of them has."""
_SHOWN: dict[Outcome, tuple[str, Message, str]] = {
    "breaks": ("✗", message("fails then"), "bad"),
    "undecided": ("?", message("undecided then"), "unsure"),
    "interrupted": ("~", message("passes; open connections break"), "unsure"),
    "returns": ("+", message("passes again"), "good"),
    "fails": ("×", message("fails now and then"), "faint"),
    "stays": ("✓", message("passes now and then"), "good"),
}


def events_page(found: Matrix, words: Words) -> str:
    """Return the page."""
    table = _matrix(found, words)
    write = partial(events_text, found, words, verbose=True)
    return text_page(write, words(source_of(found.answer)), words, first=(table,))


def outcome_of(cell: EventCell) -> Outcome:
    """Return what becomes of one flow."""
    before, after = succeeds(cell.before), succeeds(cell.after)
    if before and not after:
        return "undecided" if cell.after == "depends" else "breaks"
    if before:
        return "interrupted" if cell.established == "lost" else "stays"
    return "returns" if after else "fails"


def _matrix(found: Matrix, words: Words) -> Element:
    overview = overview_of(found.answer, words, places_of(found.answer, words))
    heads = (element("th", event_name(row, found), scope="col") for row in found.rows)
    body = (
        element(
            "tr",
            element("th", overview.label(each), scope="row"),
            *(_cell(each, row, words) for row in found.rows),
        )
        for each in overview.rows
    )
    caption = element("caption", words(message("what becomes of each flow after each event")))
    legend = element("p", "; ".join(f"{mark} {words(said)}" for mark, said, _ in _SHOWN.values()), class_="which")
    table = element("table", caption, element("thead", element("tr", element("td"), *heads)), element("tbody", *body))
    region = element("div", table, class_="scroll", tabindex="0", role="region", aria_label=words(message("events")))
    return element("section", region, legend)


def _cell(asked: OverviewRow, row: EventRow, words: Words) -> Element:
    """Return the cell of a row of the overview under one event."""
    refs = {ref for cell in asked.cells if cell is not None for ref in cell.flows}
    cells = [each for each in row.cells if each.flow in refs]
    outcomes = {outcome_of(each) for each in cells}
    outcome: Outcome = "stays"
    for each in _ORDER:
        if each in outcomes:
            outcome = each
            break
    mark, said, style = _SHOWN[outcome]
    broken = next((each for each in cells if each.breaks and outcome == "breaks"), None)
    shown = words(VERDICTS[broken.after]) if broken is not None else words(said)
    title = f"{words(row.title)}: {shown}"
    return element("td", f"{mark} {shown}" if broken is not None else mark, class_=style, title=title)
