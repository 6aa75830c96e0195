"""The law of ``law.py`` on recorded hosts, a thin sample; ``python -m tests.agreement.law`` has lab hosts."""

import json
import random
from functools import cache
from pathlib import Path

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.network.world import World
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.question import Question, parse_question
from tests.agreement.damage import damaged
from tests.agreement.dropped import row_of
from tests.agreement.law import compared
from tests.agreement.reworded import text_of
from tests.whole import thinned

_FOLDER = Path(__file__).parents[1] / "fixtures" / "hosts"
_EXPECTED = json.loads((_FOLDER / "expected.json").read_text("utf-8"))
_NAMES = sorted(_EXPECTED)
_QUESTIONS = (("192.0.2.10", "198.51.100.11:8151"), ("host", "127.0.0.1:8151"), ("container:web", "192.0.2.10:9000"))
_SEED = 7


@cache
def _text(name: str) -> str:
    return text_of(load(_FOLDER / f"{name}.hairpin"))


@cache
def _truth(name: str, question: Question) -> Answer:
    return ask(question, (load(_FOLDER / f"{name}.hairpin"),))


def _questions() -> tuple[Question, ...]:
    return tuple(parse_question("check", (target,), start, (), World()) for start, target in _QUESTIONS)


@pytest.mark.parametrize("name", thinned(_NAMES, 80))
def test_a_host_s_own_outputs_say_the_same_as_its_snapshot(name: str) -> None:
    rows = [row for each in _questions() for row in compared(each, _truth(name, each), _text(name))]
    assert rows
    assert [row.wrong for row in rows if row.wrong] == []


@pytest.mark.parametrize("name", thinned(_NAMES, 80))
def test_lost_and_damaged_outputs_prove_no_other_cause(name: str) -> None:
    drawn = random.Random(f"{_SEED} {name}")  # noqa: S311
    outputs = _text(name).split("\nroot@srv:~# ")
    for question in _questions():
        kept = "\nroot@srv:~# ".join(each for each in outputs if drawn.random() < 0.7)
        text, kinds = damaged(kept, drawn, lines_lost=False)
        wrong = [row.wrong for row in compared(question, _truth(name, question), text) if "proves" in row.wrong]
        assert wrong == [], kinds


_HEALTHY = ("none", "docker-user-wrongport", "icc", "limit0", "multiport", "ufw", "none.proxy-off", "isolated")
_KEPT = 0.7


@pytest.mark.parametrize("name", thinned(_HEALTHY, 5))
def test_a_healthy_host_of_which_outputs_are_missing_has_no_cause(name: str) -> None:
    """No text states a failure here, so what it does not tell points to nothing."""
    snapshot = load(_FOLDER / f"{name}.hairpin")
    latent = {each.id for each in ask(Question(), (snapshot,)).causes}
    drawn = random.Random(f"{_SEED} {name}")  # noqa: S311
    outputs = _text(name).split("\nroot@srv:~# ")
    for _ in range(3):
        kept = "\nroot@srv:~# ".join(outputs[:1] + [each for each in outputs[1:] if drawn.random() < _KEPT])
        found = ask(Question(), (evidence_in_texts((kept,)),))
        assert [each.id for each in found.causes if each.id not in latent] == []


@pytest.mark.parametrize("number", range(6))
def test_what_a_part_of_a_host_proves_the_whole_proves_too(number: int) -> None:
    row = row_of(number, _SEED)
    assert row.wrong == "", row


# number of the draw, what the part must not prove: the local route to a bridge's own address, two veths of containers
@pytest.mark.parametrize("number", (37, 169))
def test_a_draw_that_once_proved_too_much(number: int) -> None:
    assert row_of(number, 77).wrong == ""
