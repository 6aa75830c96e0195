"""Writes the questions that only the user can answer: what a yes and a no would mean, and the command-line option that
answers each question."""

from hairpin.answer.answer import Answer
from hairpin.answer.questions import QuestionAnswer
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.wanted import option_of
from hairpin.report.words import Words


def write_questions(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the answer's questions; nothing if the answer has no questions."""
    for each in answer.questions:
        paper.gap()
        write_question(each, words, paper)


def write_question(asked: QuestionAnswer, words: Words, paper: Paper) -> None:
    """Write one question: what yes and no mean, what settles it, and the commands that make the answer needless."""
    question = asked.question
    paper.prose(words(question.text), first=f"{words(message('question:'))} ", first_style="unsure")
    paper.prose(words(question.if_yes), indent=2, first=f"{words(message('yes:'))} ")
    paper.prose(words(question.if_no), indent=2, first=f"{words(message('no:'))} ")
    if asked.repair:
        paper.prose(words(message("repair that works with either answer, until the next reboot:")), indent=2)
        for line in asked.repair:
            paper.line(f"      {line}")
    for number, wanted in enumerate(question.wanted):
        paper.line(f"  {words(message('or:') if number else message('settled by:'))} {option_of(wanted)}")
