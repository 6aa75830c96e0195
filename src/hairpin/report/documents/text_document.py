"""The parts of a report that only a host of a pasted text has: the outputs, the next command, and the lines of the text
that speak for a cause and against it."""

from collections.abc import Iterable

import msgspec

from hairpin.answer.answer import Answer, Next
from hairpin.evidence.told import Outcome, Result
from hairpin.pasted.listed import recognised_in
from hairpin.report.refs import StableId
from hairpin.report.words import Words


class RecognisedDocument(msgspec.Struct, frozen=True, rename={"as_": "as"}):
    """An output in a pasted text: its lines from 1, both inclusive, the command that prints it, the host that the text
    names (null if it names none), and the number of the moment."""

    line: int
    until: int
    as_: str
    host: str | None
    moment: int


class OutcomeDocument(msgspec.Struct, frozen=True, rename={"if_": "if"}):
    """A possible output of the next command, and its meaning."""

    if_: str
    then: str


class NextDocument(msgspec.Struct, frozen=True):
    """The one read-only command that decides most of what is undecided.  ``decides``: the ids of the causes among which
    it decides."""

    command: str
    decides: tuple[StableId, ...]
    outcomes: tuple[OutcomeDocument, ...]


class StatedDocument(msgspec.Struct, frozen=True):
    """A line of a pasted text, from 1: the target of a client and what it saw, or the words of the text.  ``tool``:
    the client; empty for words."""

    line: int
    tool: str
    said: str
    result: Result


def recognised_documents(answer: Answer) -> tuple[RecognisedDocument, ...]:
    """Return the outputs that were found in the answer's texts."""
    return tuple(
        RecognisedDocument(each.line, each.until, each.as_, each.host or one.name or None, each.moment)
        for one in answer.evidence
        for each in recognised_in(one)
    )


def next_document(asked: Next, words: Words) -> NextDocument:
    """Return the next command with its outcomes."""
    outcomes = tuple(OutcomeDocument(words(each.shows), words(each.means)) for each in asked.outcomes)
    return NextDocument(asked.command, asked.decides, outcomes)


def stated_documents(outcomes: Iterable[Outcome]) -> tuple[StatedDocument, ...]:
    """Return the lines of the text that state these outcomes, each once."""
    return tuple(dict.fromkeys(StatedDocument(each.line, each.tool, each.target, each.result) for each in outcomes))
