"""docs/reference/facts.md holds what the rows of the catalogue say."""

from hairpin.facts.catalogue import FACTS, REVIEWED
from tools.fact_page import FILE, page


def test_the_page_is_that_of_the_rows() -> None:
    assert FILE.read_text("utf-8") == page(), "run: python -m tools.fact_page"


def test_each_row_and_the_day_of_the_review_are_on_it() -> None:
    text = page()
    assert REVIEWED in text
    assert all(f"({source})" in text for fact in FACTS for source in fact.sources)
    assert text.count("\n| ") == len(FACTS) + 2 * text.count("\n## ")


def test_each_row_has_its_cells() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}
