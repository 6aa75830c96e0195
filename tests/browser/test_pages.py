"""The twelve pages in a real browser: accessible, silent, without an error; the switch works, copying is exact."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hairpin.answer.matrix import matrix
from hairpin.question.question import Question
from hairpin.report.page.answer_page import answer_page
from hairpin.report.page.events_page import events_page
from hairpin.report.words import Language, Words
from tests.browser.boxes import faults
from tests.browser.pages import WIDTHS, Scheme, opened, running_browser
from tests.report.answers import evidence
from tests.report.page.twelve import TWELVE, answer_named
from tests.whole import thinned

LOOKS: tuple[tuple[int, Scheme, Language], ...] = ((360, "dark", "zh"), (1024, "light", "en"))


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


def _file(folder: Path, name: str, language: Language = "en") -> Path:
    file = folder / f"{name}.{language}.html"
    file.write_text(answer_page(answer_named(name), Words(language)), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", thinned(TWELVE, 6))
def test_a_page_is_accessible_asks_for_nothing_and_has_no_error(browser: Browser, tmp_path: Path, name: str) -> None:
    for width, scheme, language in LOOKS:
        file = _file(tmp_path, name, language)
        with opened(browser, file, width=width, scheme=scheme) as shown:
            assert shown.violations() == []
            assert shown.requests == [file.as_uri()]
            assert shown.errors == []
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_switch_shows_the_same_way_with_the_repair_also_without_script(browser: Browser, tmp_path: Path) -> None:
    for script in (True, False):
        with opened(browser, _file(tmp_path, "dropped"), script=script) as shown:
            now, then = (shown.page.locator(f".switch > .{each}").first for each in ("now", "then"))
            assert (now.is_visible(), then.is_visible()) == (True, False)
            shown.page.locator(".switch > .is-now").first.focus()
            shown.page.keyboard.press("ArrowRight")
            assert (now.is_visible(), then.is_visible()) == (False, True)


def test_copying_gives_exactly_the_command(browser: Browser, tmp_path: Path) -> None:
    for name in ("dropped", "hostile", "thirty-containers"):
        with opened(browser, _file(tmp_path, name)) as shown:
            for block in shown.page.locator(".commands").all():
                block.locator("button").click()
                assert shown.page.evaluate("navigator.clipboard.readText()") == block.locator("pre").text_content()


def test_without_script_there_is_no_button_and_the_command_is_there(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, _file(tmp_path, "dropped"), script=False) as shown:
        assert not shown.page.locator("button.copy").first.is_visible()
        assert shown.page.locator(".commands pre").first.is_visible()


OUTSIDE = """width => [...document.querySelectorAll("table *")].map(each => each.getBoundingClientRect())
    .filter(box => box.width && (box.left < 0 || box.right > width)).length"""


@pytest.mark.parametrize("names", thinned((("three-hosts",), ("dropped", "thirty-containers")), 2))
def test_a_phone_shows_each_cell_of_a_table(browser: Browser, tmp_path: Path, names: tuple[str, ...]) -> None:
    found = tmp_path / "events.html"
    found.write_text(events_page(matrix(Question("check", ()), (evidence(),)), Words()), "utf-8")
    for file in (*(_file(tmp_path, name) for name in names), found):
        with opened(browser, file, width=360) as shown:
            assert shown.page.evaluate(OUTSIDE, 360) == 0, file.name
            assert shown.page.locator("tbody td:not(:empty)").first.is_visible()
            assert shown.violations() == []


@pytest.mark.parametrize("name", thinned(("three-hosts", "looped", "rejected"), 3))
def test_labels_neither_overlap_nor_are_cut_off_at_any_width(browser: Browser, tmp_path: Path, name: str) -> None:
    for width in WIDTHS:
        with opened(browser, _file(tmp_path, name), width=width) as shown:
            assert faults(shown.page) == [], width
