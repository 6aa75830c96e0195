"""Each cause has a whole page, in a form that people and Markdown can read."""

import pytest

from hairpin.causes.registry import all_causes
from hairpin.report.pages import has_page, index_markdown, page, page_ids, page_markdown, write_page
from hairpin.report.paper import Paper, cells
from hairpin.report.words import Words
from tests.rows import each_row


@each_row("cause", page_ids())
def test_each_page_is_whole(cause: str) -> None:
    shown = page(cause, Words())
    assert shown.id == cause
    for part in (shown.seen_as, shown.proof, shown.now, shown.lasting):
        assert part.endswith((".", ")"))
        assert "``" not in part
    chinese = page(cause, Words("zh"))
    for name in ("title", "seen_as", "proof", "now", "lasting"):
        assert getattr(chinese, name) not in ("", getattr(shown, name))


def test_a_page_is_found_by_another_name_of_its_cause() -> None:
    assert page("port-bound-by-other-process", Words()) == page("published-port-held-by-other-process", Words())
    assert has_page("port-bound-by-other-process")
    assert "port-bound-by-other-process" not in page_ids()
    assert not has_page("port-bound")


def test_a_condition_of_what_users_see_stays() -> None:
    shown = page("hairpin-mode-off", Words())
    assert shown.seen_as.startswith("with the userland proxy off: a container cannot reach")


@pytest.mark.parametrize("width", (40, 80))
def test_a_page_fits_the_paper(width: int) -> None:
    paper = Paper(width=width)
    write_page(page("ip-forward-off", Words("zh")), Words("zh"), paper)
    told = paper.text()
    assert told.startswith("ip-forward-off: ")
    assert all(cells(line) <= width for line in told.splitlines())


def test_markdown() -> None:
    shown = page("veth-down", Words())
    text = page_markdown(shown)
    assert text.startswith("# veth-down\n\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Seen as",
        "## Proof",
        "## Now",
        "## Lasting",
    ]
    assert "| [veth-down](veth-down.md) | " in index_markdown((("bridge", shown),))


def test_each_cause_has_a_page() -> None:
    assert {each.id for each in all_causes()} == set(page_ids())
