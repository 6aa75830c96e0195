"""The matrix of events as a page: each cell has the worst that happens to its flows."""

from hairpin.answer.matrix import EventCell, matrix
from hairpin.question.question import Question
from hairpin.report.page.events_page import events_page, outcome_of
from hairpin.report.words import Words
from tests.report.answers import evidence
from tests.rows import each_row


@each_row(
    ("cell", "outcome"),
    (
        (EventCell("f1", "delivered", "dropped", "lost"), "breaks"),
        (EventCell("f1", "delivered", "depends", None), "undecided"),
        (EventCell("f1", "delivered", "delivered", "lost"), "interrupted"),
        (EventCell("f1", "delivered", "delivered", "kept"), "stays"),
        (EventCell("f1", "dropped", "delivered", None), "returns"),
        (EventCell("f1", "dropped", "refused", None), "fails"),
    ),
)
def test_what_becomes_of_a_flow(cell: EventCell, outcome: str) -> None:
    assert outcome_of(cell) == outcome


def test_each_event_has_a_column_and_each_asked_thing_a_row() -> None:
    found = matrix(Question("check", ()), (evidence(),))
    text = events_page(found, Words())
    assert all(f'<th scope="col">{each.event}</th>' in text for each in found.rows)
    broken = any(cell.breaks and cell.after != "depends" for row in found.rows for cell in row.cells)
    assert ('<td class="bad"' in text) is broken
