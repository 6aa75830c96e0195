"""The head of an answer about the time after an event."""

from hairpin.answer.answer import EventAnswer
from hairpin.answer.matrix import EventRow
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.words import Words
from hairpin.walk.verdicts import succeeds


def write_uncertain(told: EventAnswer | EventRow, words: Words, paper: Paper) -> None:
    """Write what nobody can foresee, and what does not start."""
    for each in told.conditions:
        paper.prose(words(message("if {condition}", condition=each)), indent=2)
    for each in told.failures:
        paper.prose(words(each), indent=2)


def write_event(event: EventAnswer, words: Words, paper: Paper) -> None:
    """Write which event is meant, what it rests on, and what becomes of open connections."""
    paper.prose(words(message("After {event} ({title}):", event=event.id, title=event.title)), style="strong")
    write_uncertain(event, words, paper)
    passing = [each for each in event.before if succeeds(each.verdict)]
    lost = sum(each.established == "lost" for each in passing)
    if lost:
        said = message("open connections of {count} of {all} flows break", count=lost, all=len(passing))
        paper.prose(words(said), indent=2)
