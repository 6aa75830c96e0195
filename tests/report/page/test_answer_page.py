"""Twelve answers as pages: what is wrong stands first, nothing of a host is markup, and a page stays small."""

import re
from random import Random

from msgspec.structs import replace

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.change.commands.text import all_shown
from hairpin.collect.snapshot import load
from hairpin.message import message
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.page.answer_page import answer_page
from hairpin.report.text.summary import summary
from hairpin.report.words import Language, Words
from tests.report.page.hostile import STRUCTURE, hostile_text, page_with
from tests.report.page.reading import PageReader
from tests.report.page.twelve import FIXTURES, HOSTILE_NAME, TWELVE, answer_named
from tests.rows import each_row

LARGEST_BYTES = 300_000


def _page(name: str, language: Language = "en") -> tuple[Answer, str, PageReader]:
    found = answer_named(name)
    text = answer_page(found, Words(language))
    return found, text, PageReader(text)


@each_row("name", TWELVE)
def test_a_page_is_whole_small_and_begins_with_what_is_wrong(name: str) -> None:
    found, text, page = _page(name)
    assert not page.open
    assert len(text.encode()) <= LARGEST_BYTES
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {each.removeprefix("#") for each in page.values("href")} <= set(ids)
    line = summary(found)
    assert line is not None
    assert next(page.within("h1")) == Words()(line)


@each_row("name", TWELVE)
def test_each_repair_stands_on_the_page_as_a_block_that_can_be_copied(name: str) -> None:
    found, _, page = _page(name)
    blocks = "\n".join(page.within("pre"))
    for cause in found.causes:
        for remedy in cause.remedies[:1]:
            for command in all_shown(remedy.steps, guarded=False):
                assert command in blocks, cause.id


@each_row(("host", "is_at_once"), (("eth0-forwarding", True), ("mangle-post", False)))
def test_the_first_list_has_only_what_fix_makes_by_itself(host: str, *, is_at_once: bool) -> None:
    """The repair of mangle-post also opens the port to other containers."""
    evidence = load(FIXTURES / "hosts" / f"{host}.hairpin")
    found = ask(parse_question("check", ("8151",), None, (), World()), (evidence,))
    (command, *_) = all_shown(found.causes[0].remedies[0].steps, guarded=False)
    shown = [text for text in PageReader(answer_page(found, Words("en"))).within("pre") if command in text]
    assert len(shown) == 1 + is_at_once  # the cause's section has it in any case


def test_another_host_that_publishes_the_port_is_named() -> None:
    found = replace(answer_named("dropped"), elsewhere=(message("two publishes it"),))
    assert answer_page(found, Words("en")).count("two publishes it") == 1


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
    assert not any(each.startswith("on") for each in page.names)


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
    walked = replace(
        found, question=replace(found.question, kind="walk"), flows=(replace(found.flows[0], causes=()),), causes=()
    )
    text = answer_page(walked, Words())
    assert "dropped</h1>" in text
    assert "No cause that hairpin knows" not in text


def test_hostile_names_in_every_place_add_no_element() -> None:
    random, harmless = Random(3), PageReader(page_with("x"))  # noqa: S311
    for _ in range(6):
        text = hostile_text(random)
        found = PageReader(page_with(text))
        assert found.names <= harmless.names, text
        assert {each: found.tags.count(each) for each in STRUCTURE} == {
            each: harmless.tags.count(each) for each in STRUCTURE
        }, text


def test_of_an_undecided_flow_the_usual_way_is_open_and_the_others_are_folded() -> None:
    found, _, page = _page("undecided")
    trace = found.flows[0].trace
    folded = [each for each in page.within("summary") if each.startswith("way ")]
    assert len(folded) == len(trace.branches) - 1 > 0
