"""A walk for people: every step of the request and of the answer."""

from hairpin.answer.answer import Answer
from hairpin.answer.decisive import undecided_readings
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.places import naming_containers, places_of
from hairpin.report.questions import write_questions
from hairpin.report.text.path import draw_branch
from hairpin.report.unread import write_notes, write_unread
from hairpin.report.verdicts import verdict_line
from hairpin.report.words import Words
from hairpin.walk.trace import Trace


def walk_text(answer: Answer, words: Words, paper: Paper) -> str:
    """Return the walk of the answer's first flow, with each branch of the flow."""
    trace = answer.flows[0].trace
    flow = trace.flow
    words = naming_containers(words, answer)
    places = places_of(answer, words)
    said = f"{places.client(flow)} → {places.target(flow)}"
    if answer.flows[0].supposed:
        from hairpin.report.text.likely_text import write_supposed_verdict

        write_supposed_verdict(answer.flows[0], said, words, paper)
    else:
        verdict_line(trace.verdict, said, words, paper)
    for number, branch in enumerate(trace.branches, 1):
        paper.gap()
        if len(trace.branches) > 1:
            write_branch_head(trace, number, words, paper)
        draw_branch(trace, branch, paper, words, places, every=True)
    if answer.flows[0].supposed:
        from hairpin.report.text.likely_text import write_suppositions

        write_suppositions(answer, words, paper)
    write_questions(answer, words, paper)
    write_notes(answer, words, paper)
    write_unread(undecided_readings(answer), words, paper)
    return paper.text()


def write_branch_head(trace: Trace, number: int, words: Words, paper: Paper) -> None:
    """Write the end and the conditions of the branch.  ``number``: the branch's number, from 1."""
    branch = trace.branches[number - 1]
    verdict_line(branch.verdict, words(message("way {number}", number=number)), words, paper)
    told = (message("if {condition}", condition=each.said) if each.holds
            else message("unless {condition}", condition=each.said) for each in branch.conditions)  # fmt: skip
    for said in dict.fromkeys(map(words, told)):
        paper.prose(said, indent=4)
