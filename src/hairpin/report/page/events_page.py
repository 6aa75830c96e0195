"""The matrix of events as a page: the rows are flows, the columns are events, and a cell has the fate of a flow after
an event."""

from functools import partial
from typing import Literal
from xml.etree.ElementTree import Element

from hairpin.answer.matrix import EventCell, EventRow, Matrix
from hairpin.message import Message, message
from hairpin.report.page.markup import element
from hairpin.report.page.table import table
from hairpin.report.page.text_page import text_page
from hairpin.report.places import places_of
from hairpin.report.text.events_text import event_name, events_text
from hairpin.report.text.grounds_text import source_of
from hairpin.report.text.overview import OverviewRow, overview_of
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS, succeeds

Outcome = Literal["breaks", "undecided", "interrupted", "returns", "fails", "stays"]
_SHOWN: dict[Outcome, tuple[str, Message, str]] = {
    "breaks": ("✗", message("fails then"), "bad"),
    "undecided": ("?", message("undecided then"), "unsure"),
    "interrupted": ("~", message("passes, but open connections break"), "unsure"),
    "returns": ("+", message("passes again"), "good"),
    "fails": ("–", message("fails before and after"), "faint"),
    "stays": ("✓", message("passes before and after"), "good"),
}
"""The sign, name and style of each fate.  A cell for several flows shows the fate that comes first in this table."""


def events_page(found: Matrix, words: Words) -> str:
    """Return the page."""
    table = _matrix(found, words)
    write = partial(events_text, found, words, verbose=True)
    return text_page(write, words(source_of(found.answer)), words, first=(table,))


def outcome_of(cell: EventCell) -> Outcome:
    """Return the fate of one flow under one event."""
    before, after = succeeds(cell.before), succeeds(cell.after)
    if before and not after:
        return "undecided" if cell.after == "depends" else "breaks"
    if before:
        return "interrupted" if cell.established == "lost" else "stays"
    return "returns" if after else "fails"


def _matrix(found: Matrix, words: Words) -> Element:
    overview = overview_of(found.answer, words, places_of(found.answer, words))
    columns = [(row, {each.flow: each for each in row.cells}) for row in found.rows]
    legend = element("p", " · ".join(f"{mark} {words(said)}" for mark, said, _ in _SHOWN.values()), class_="which")
    made = table(
        words(message("the state of each flow after each of {count} events", count=len(found.rows))),
        words(message("events")),
        (event_name(row, found) for row in found.rows),
        ((overview.label(each), (_cell(each, row, cells, words) for row, cells in columns)) for each in overview.rows),
    )
    return element("section", made, legend)


def _cell(asked: OverviewRow, row: EventRow, cells: dict[str, EventCell], words: Words) -> Element:
    """Return the table cell for one overview row and one event.  ``cells``: the event's results by flow ref."""
    own = [cells[ref] for cell in asked.cells if cell is not None for ref in cell.flows]
    outcomes = {outcome_of(each) for each in own}
    outcome, (mark, said, style) = next((each, shown) for each, shown in _SHOWN.items() if each in outcomes)
    broken = next((each for each in own if each.breaks), None) if outcome == "breaks" else None
    told = words(VERDICTS[broken.after]) if broken is not None else words(said)
    text = f"{mark} {told}" if broken is not None else mark
    return element("td", text, class_=style, title=f"{words(row.title)}: {told}")
