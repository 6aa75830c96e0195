"""A question about this machine reads what it needs; with ``whole``, or of a snapshot, everything is read."""

import pytest

from hairpin.cli import answering
from hairpin.cli.answering import answer_question
from hairpin.cli.face.asked import Asked, Given
from hairpin.errors import EvidenceError
from hairpin.evidence.several import Source
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.cli.commands import snapshot
from tests.report.answers import evidence

QUESTION = parse_question("check", ("8151",), None, (), World())


@pytest.mark.parametrize(
    ("sources", "whole", "only"),
    (((), False, ("port=8151",)), ((), True, ()), ((Given("snapshot", snapshot()),), False, ())),
)
def test_of_this_machine_only_what_the_question_needs_is_read(
    sources: tuple[Given, ...], whole: bool, only: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, ...]] = []

    def gather(_sources: tuple[Given, ...], *, only: tuple[str, ...] = ()) -> tuple[Source, ...]:
        read.append(only)
        return (evidence(),)

    monkeypatch.setattr(answering, "gather", gather)
    answer = answer_question(QUESTION, Asked(sources=sources, whole=whole), "en")
    assert answer.evidence == (evidence(),)
    assert read == [only]


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        answer_question(QUESTION, Asked(sources=(Given("snapshot", "/nonexistent/file"),)), "en")
