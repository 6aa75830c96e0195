"""The table of an answer: what can be reached from where."""

import pytest
from msgspec.structs import replace

from hairpin.report.paper import Paper
from hairpin.report.places import places_of
from hairpin.report.text.overview import Overview, OverviewCell, OverviewRow, folded_rows, overview_of, write_overview
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, answer

WORDS = Words()


def _text(*replacements: tuple[str, str]) -> str:
    found, paper = answer(*replacements, port=None), Paper()
    numbers = {each.ref: number for number, each in enumerate(found.causes, 1)}
    write_overview(overview_of(found, WORDS, places_of(found)), numbers, WORDS, paper)
    return paper.text()


def test_each_flow_is_in_one_cell() -> None:
    found = answer(FORWARDING_OFF, port=None)
    table = overview_of(found, WORDS, places_of(found))
    refs = [ref for row in table.rows for cell in row.cells if cell is not None for ref in cell.flows]
    assert sorted(refs) == sorted(each.ref for each in found.flows)
    assert table.standpoints == ("outside", "lan", "host", "container")


def test_a_cell_has_the_failing_verdict_and_its_causes() -> None:
    found = answer(FORWARDING_OFF, port=None)
    table = overview_of(found, WORDS, places_of(found))
    failing = {each.ref: each for each in found.flows if not each.succeeds}
    for row in table.rows:
        for cell in row.cells:
            if cell is not None and failing.keys() & set(cell.flows):
                assert cell.verdict in {failing[ref].verdict for ref in failing.keys() & set(cell.flows)}
                assert set(cell.causes) == {
                    each for ref in failing.keys() & set(cell.flows) for each in failing[ref].causes
                }


def test_what_is_well_is_folded() -> None:
    lines = _text().splitlines()
    assert len(lines) <= 5
    assert not any("✗" in line for line in lines)


def test_clients_that_a_rule_keeps_out_on_purpose_have_their_cell() -> None:
    found = answer(port=None)
    first, *others = found.flows
    table = overview_of(replace(found, flows=tuple(others), kept_out=(first.trace.flow,)), WORDS, places_of(found))
    (kept,) = (cell for row in table.rows for cell in row.cells if cell is not None and cell.verdict is None)
    assert kept.flows == ()
    paper = Paper()
    write_overview(table, {}, WORDS, paper)
    assert "– kept out" in paper.text()


def test_one_port_over_both_versions_is_one_port() -> None:
    cells = (OverviewCell("delivered", (), ("f1",)),)
    rows = [OverviewRow("port", "8151/tcp (web)", version, cells) for version in (4, 6)]
    (told,) = [label for label, _ in folded_rows(Overview(("outside",), tuple(rows), True), WORDS)]
    assert told == "8151/tcp (web)"
    more = (*rows, OverviewRow("port", "8152/tcp (api)", 4, cells))
    (told,) = [label for label, _ in folded_rows(Overview(("outside",), more, True), WORDS)]
    assert told == "2 ports"


def test_failing_rows_come_first_with_the_number_of_the_cause() -> None:
    lines = _text(FORWARDING_OFF).splitlines()
    assert "✗ dropped 1" in lines[1]


def test_it_fits_a_terminal_of_80_columns() -> None:
    assert all(len(line) <= 80 for line in _text(FORWARDING_OFF).splitlines())


@pytest.mark.parametrize("width", (100, 60, 44, 40))
def test_no_paper_is_too_narrow_for_the_numbers_of_the_causes(width: int) -> None:
    cell = OverviewCell("unanswered", ("c1", "c2", "c3"), ("f1",))
    rows = (OverviewRow("port", "8151/tcp (web)", 4, (cell, None, cell, cell)),)
    paper = Paper(width=width)
    numbers = {"c1": 1, "c2": 2, "c3": 3}
    write_overview(Overview(("outside", "lan", "host", "container"), rows, False), numbers, WORDS, paper)
    text = paper.text()
    assert text.count("1,2,3") == 3
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert text.count("unanswered") == (3 if width in (100, 40, 44) else 0)
