"""Writes the questions that only the user can answer: what a yes and a no would mean, and the command-line option that
answers each question."""

from hairpin.answer.answer import Answer
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.wanted import option_of
from hairpin.report.words import Words


def write_questions(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the answer's questions; nothing if the answer has no questions."""
    for each in answer.questions:
        asked = each.question
        paper.gap()
        paper.prose(words(asked.text), first=f"{words(message('question:'))} ", first_style="unsure")
        paper.prose(words(asked.if_yes), indent=2, first=f"{words(message('yes:'))} ")
        paper.prose(words(asked.if_no), indent=2, first=f"{words(message('no:'))} ")
        for number, wanted in enumerate(asked.wanted):
            paper.line(f"  {words(message('or:') if number else message('settled by:'))} {option_of(wanted)}")
