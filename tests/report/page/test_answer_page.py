"""Twelve answers as pages: what is wrong stands first, nothing of a host is markup, and a page stays small."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from random import Random

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.change.text import all_shown
from hairpin.report.page.answer_page import answer_page
from hairpin.report.summary import summary
from hairpin.report.words import Language, Words
from tests.report.page.hostile import STRUCTURE, Elements, hostile_text, page_with
from tests.report.page.twelve import HOSTILE_NAME, TWELVE, answer_named

LARGEST_BYTES = 300_000
_VOID = ("meta", "input", "br", "img", "link")


class _Page(HTMLParser):
    """Reads a page: its texts by tag, its ids and links, and whether each tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def within(self, tag: str) -> Iterator[str]:
        yield from (text for within, text in self.texts if within == tag)


def _page(name: str, language: Language = "en") -> tuple[Answer, str, _Page]:
    found = answer_named(name)
    text = answer_page(found, Words(language))
    return found, text, _Page(text)


@pytest.mark.parametrize("name", TWELVE)
def test_a_page_is_whole_small_and_begins_with_what_is_wrong(name: str) -> None:
    found, text, page = _page(name)
    assert not page.open
    assert len(text.encode()) <= LARGEST_BYTES
    assert len(page.ids) == len(set(page.ids))
    assert {each.removeprefix("#") for each in page.links} <= set(page.ids)
    line = summary(found)
    assert line is not None
    assert next(page.within("h1")) == Words()(line)


@pytest.mark.parametrize("name", TWELVE)
def test_each_repair_stands_on_the_page_as_a_block_that_can_be_copied(name: str) -> None:
    found, _, page = _page(name)
    blocks = "\n".join(page.within("pre"))
    for cause in found.causes:
        for remedy in cause.remedies[:1]:
            for command in all_shown(remedy.steps, guarded=False):
                assert command in blocks, cause.id


def test_the_twelve_are_what_they_are_called() -> None:
    verdicts = {name: {each.verdict for each in answer_named(name).flows} for name in TWELVE}
    for verdict in ("delivered", "leaves", "dropped", "rejected", "refused", "looped"):
        assert verdict in verdicts[verdict]
    assert "unanswered" in verdicts["lost-answer"]
    assert "depends" in verdicts["undecided"]
    assert len(answer_named("three-hosts").network.hosts) == 3
    assert len(answer_named("thirty-containers").network.this.containers()) >= 30


def test_no_name_of_a_host_is_markup() -> None:
    _, text, page = _page("hostile")
    assert any(HOSTILE_NAME in each for _, each in page.texts)
    assert HOSTILE_NAME not in text
    assert "img" not in page.tags
    assert not any(each.startswith("on") for each in page.attributes)


def test_what_was_not_read_is_not_folded() -> None:
    _, text, _ = _page("undecided")
    shown = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert "Not read, so undecided:" in shown


def test_a_proven_cause_has_the_switch_with_the_same_way_repaired() -> None:
    _, text, page = _page("dropped")
    assert "label" in page.tags
    assert "with the repair" in text


def test_a_page_in_chinese_speaks_chinese() -> None:
    _, text, page = _page("dropped", "zh")
    english = [each for each in page.within("p") if re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,} [a-z]{3,}", each)]
    assert not english
    assert '<html lang="zh-Hans">' in text


def test_a_walk_has_a_page_without_a_search_for_causes() -> None:
    found = answer_named("dropped")
    walked = msgspec.structs.replace(
        found,
        question=msgspec.structs.replace(found.question, kind="walk"),
        flows=(msgspec.structs.replace(found.flows[0], causes=()),),
        causes=(),
    )
    text = answer_page(walked, Words())
    assert "dropped</h1>" in text
    assert "No cause that hairpin knows" not in text


def test_hostile_names_in_every_place_add_no_element() -> None:
    random, harmless = Random(3), Elements(page_with(""))  # noqa: S311
    for _ in range(6):
        text = hostile_text(random)
        found = Elements(page_with(text))
        assert found.attributes <= harmless.attributes, text
        assert {each: found.tags.get(each) for each in STRUCTURE} == {
            each: harmless.tags.get(each) for each in STRUCTURE
        }, text
