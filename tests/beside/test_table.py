"""The law of the table: an observer without its triggers says the same."""

from pathlib import Path

import pytest

from hairpin.answer.begin import network_of
from hairpin.beside.inquiry import Inquiry
from hairpin.beside.table import CHOICES, QUESTIONS, ROWS, ObserverRow, after_observers, questions
from hairpin.collect.snapshot import load
from hairpin.diagnose.examination import examine
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.question import Question
from hairpin.question.target import parse_target

FIXTURES = Path(__file__).parents[1] / "fixtures"
HOSTS = (*sorted((FIXTURES / "healthy").glob("*.hairpin")), *sorted((FIXTURES / "hosts").glob("*.hairpin"))[::4])
WITHOUT_TRIGGERS = tuple(row._replace(needs=tuple(each for each in row.needs if each in CHOICES)) for row in ROWS)


def seen_of(network: Network, words: tuple[str, ...], rows: tuple[ObserverRow, ...]) -> Inquiry:
    question = Question(targets=tuple(map(parse_target, words)))
    inquiry = after_observers("meant", Inquiry(question, network, flows_for(network, question.targets, None)), rows)
    inquiry = after_observers("checked", inquiry, rows)
    inquiry = after_observers("walked", inquiry.examined(examine(network, inquiry.flows)), rows)
    return after_observers("found", inquiry, rows)


@pytest.mark.parametrize("host", HOSTS, ids=lambda each: each.stem)
@pytest.mark.parametrize("words", ((), ("8151",)), ids=("everything", "a port"))
def test_an_observer_without_its_triggers_says_the_same(host: Path, words: tuple[str, ...]) -> None:
    network = network_of((load(host),))
    told, all_told = (seen_of(network, words, rows) for rows in (ROWS, WITHOUT_TRIGGERS))
    assert (told.notes, told.traces, told.asks) == (all_told.notes, all_told.traces, all_told.asks)
    for trace in told.traces:
        assert list(questions(network, trace)) == list(questions(network, trace, everywhere=True))


def test_each_observer_is_in_the_table_once() -> None:
    folder = Path(__file__).parents[2] / "src" / "hairpin" / "beside"
    files = {f"{each.parent.name}.{each.stem}" for each in folder.glob("*/*.py")} - {"flows.elsewhere"}
    named = [*(row.file for row in ROWS), *(f"questions.{file}" for file, _ in QUESTIONS)]
    assert sorted(named) == sorted(each for each in files if not each.endswith("__init__"))
