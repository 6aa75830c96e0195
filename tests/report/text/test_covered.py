"""A repair that another one makes along is not printed a second time."""

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.change.change import Change
from hairpin.collect.snapshot import load
from hairpin.question.question import Question
from hairpin.report.paper import Paper
from hairpin.report.text.covered import is_covered
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Words
from tests.acceptance.recorded import FOLDER


def flushed() -> Answer:
    return ask(Question("check"), (load(FOLDER / "all-flush.hairpin"),))


def test_the_lost_chains_that_strike_later_are_brought_back_by_the_same_load() -> None:
    now, later, *_ = flushed().causes
    assert later.severity == "latent"
    assert is_covered(later, (now, later))
    whole = now.candidate.change
    fewer = msgspec.structs.replace(later.remedies[0], change=Change(whole.parts[1:]))
    assert not is_covered(now, (msgspec.structs.replace(later, remedies=(fewer,)),))


def test_it_is_printed_once() -> None:
    told = report_text(flushed(), Words(), Paper(width=80))
    assert told.count("repair now:") == 1
    assert "the repair above also removes this cause" in " ".join(told.split())
    assert told.count("\n") <= 72
    assert ":INPUT ACCEPT" not in told


def test_what_does_more_than_putting_back_is_not_covered() -> None:
    now, later, *_ = flushed().causes
    nothing = msgspec.structs.replace(later.candidate, change=Change(()))
    assert not is_covered(msgspec.structs.replace(later, candidate=nothing), (now,))
