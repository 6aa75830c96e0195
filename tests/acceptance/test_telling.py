"""How an answer speaks, on recorded hosts: one word for one thing, and the matter first."""

import re
from functools import cache
from pathlib import Path

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status
from hairpin.apply.plan import plan_of
from hairpin.collect.snapshot import load
from hairpin.netfilter.address import address_text
from hairpin.question.question import Question
from hairpin.question.target import parse_target
from hairpin.report.paper import Paper
from hairpin.report.places import naming_containers
from hairpin.report.text.terminal import report_text
from hairpin.report.verdicts import same_place
from hairpin.report.words import Words
from tests.whole import thinned_rows

FIXTURES = Path(__file__).parents[1] / "fixtures"
HOSTS = sorted((*(FIXTURES / "hosts").glob("*.hairpin"), *(FIXTURES / "real").glob("*/lab-host.hairpin")))
ASKED = [(each.relative_to(FIXTURES).as_posix(), words) for each in HOSTS for words in ((), ("8151",))]
NOW = "repair now:"


@cache
def answered(host: str, words: tuple[str, ...]) -> Answer:
    return ask(Question(targets=tuple(map(parse_target, words))), (load(FIXTURES / host),))


def told(answer: Answer) -> str:
    return report_text(answer, Words("en"), Paper(width=150))


def sections(text: str) -> list[str]:
    """Return the section of each cause."""
    return re.split(r"^(?=(?:\d+\. )?cause\[)", text, flags=re.MULTILINE)[1:]


each_host = pytest.mark.parametrize(("host", "words"), thinned_rows(ASKED, 7))


@each_host
def test_what_fix_leaves_to_a_person_is_no_repair_now(host: str, words: tuple[str, ...]) -> None:
    answer = answered(host, words)
    made = {naming_containers(Words(), answer)(each.title) for each in plan_of(answer, (), with_latent=False).repairs}
    for section in sections(told(answer)):
        title = section.partition("]: ")[2].split("\n")[0]
        offered = any(each[:60] in title or title in each for each in made)
        assert offered or NOW not in section.partition("cause[")[2].split("\nlatent")[0], section


@each_host
def test_no_cause_is_asked_for_where_one_is_named(host: str, words: tuple[str, ...]) -> None:
    answer = answered(host, words)
    stops = [each.stop for each in answer.causes if each.severity == "blocking" and each.stop is not None]
    unknown = [each for each in answer.flows if not each.causes and each.stop is not None]
    known = [each for each in unknown if any(same_place(each.stop, stop) for stop in stops if each.stop is not None)]
    if unknown and len(known) == len(unknown):
        assert "No cause that hairpin knows" not in told(answer)


@each_host
def test_the_notes_stand_behind_the_causes(host: str, words: tuple[str, ...]) -> None:
    text = told(answered(host, words))
    last = max((found.start() for found in re.finditer(r"^(?:\d+\. )?cause\[", text, re.MULTILINE)), default=0)
    assert not last or "\nnote:" not in text[:last]


@each_host
def test_the_exit_status_says_what_the_first_line_says(host: str, words: tuple[str, ...]) -> None:
    answer = answered(host, words)
    first = told(answer).split("\n")[0]
    if "all flows pass" in first:
        assert exit_status(answer) == 0
    if re.search(r"\bproblems?\b", first) and "future" not in first:
        assert exit_status(answer) == 1


@each_host
def test_a_decision_is_told_once(host: str, words: tuple[str, ...]) -> None:
    for section in sections(told(answered(host, words))):
        text = " ".join(section.split())
        assert len(re.findall(r"decision of a person", text)) <= 2, section


@each_host
def test_a_containers_address_bears_its_name(host: str, words: tuple[str, ...]) -> None:
    answer = answered(host, words)
    names = {
        address_text(each.ipv4, 4): container.name
        for container in answer.network.this.containers()
        for each in container.endpoints
        if each.ipv4 is not None and container.running
    }
    for note in re.findall(r"^(?:note|question): .*(?:\n {6}.*)*", told(answer), re.MULTILINE):
        line = " ".join(note.split())
        for found in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b(?![:/])", re.sub("`[^`]*`", "", line)):
            assert found not in names or names[found] in line, line
