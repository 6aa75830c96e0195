"""docs/without-root.md holds the table that the causes make."""

from hairpin.causes.registry import all_causes, folders
from tools.without_root import FOLDERS, PAGE, table, written


def test_the_page_has_the_present_table() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page


def test_each_cause_of_the_three_folders_has_a_row() -> None:
    rows = table().splitlines()
    for each in all_causes():
        listed = any(f"[{each.id}]" in row for row in rows)
        assert listed == (folders().get(each.id) in FOLDERS or each.shown_to != "root")


def test_a_page_with_another_table_is_written_anew() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page.replace("root alone", "everybody")) == page.replace("| root alone |", "| everybody |").replace(
        table().replace("| root alone |", "| everybody |"), table()
    )
