"""Writes the questions that only the user can answer.  For each question it writes what yes and no would mean, and
which command-line option answers the question."""

from collections.abc import Collection

from hairpin.answer.answer import Answer
from hairpin.answer.questions import QuestionAnswer
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.words import Words, option_of


def write_questions(answer: Answer, words: Words, paper: Paper, *, without: Collection[str] = ()) -> None:
    """Write the answer's questions, except the questions with the given references.

    Write nothing if the answer has no questions."""
    for each in answer.questions:
        if each.ref not in without:
            paper.gap()
            write_question(each, words, paper)


def deciding(answer: Answer, flow: str) -> tuple[QuestionAnswer, ...]:
    """Return the questions that must be answered before the flow has a verdict."""
    return tuple(each for each in answer.questions if each.question.undecided and flow in each.flows)


def write_question(asked: QuestionAnswer, words: Words, paper: Paper) -> None:
    """Write one question, what yes and no mean, what answers the question, and the repair that works with either
    answer."""
    question = asked.question
    paper.prose(words(question.text), first=f"{words(message('question:'))} ", first_style="unsure")
    paper.prose(words(question.if_yes), indent=2, first=f"{words(message('yes:'))} ")
    paper.prose(words(question.if_no), indent=2, first=f"{words(message('no:'))} ")
    if asked.repair:
        paper.prose(words(message("repair that works with either answer, until the next reboot:")), indent=2)
        for line in asked.repair:
            paper.line(f"      {line}")
    for number, wanted in enumerate(question.wanted):
        first = (
            message("settled by these commands, run before and after a client tries:")
            if wanted.fact in _TWICE
            else _SETTLED_BY
        )
        paper.line(f"  {words(message('or:') if number else first)} {option_of(wanted)}")


_SETTLED_BY = message("settled by:")
_TWICE = ("rule-watched", "control-watched")
"""Facts that need two readings of a counter: before and after a client tries to connect."""
