"""The head of an answer about the time after an event."""

from hairpin.answer.answer import EventAnswer
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.words import Words
from hairpin.walk.verdicts import succeeds


def write_event(event: EventAnswer, words: Words, paper: Paper) -> None:
    """Write which event is meant, what it rests on, and what becomes of open connections."""
    paper.prose(words(message("After {event} ({title}):", event=event.id, title=event.title)), style="strong")
    for each in event.conditions:
        paper.prose(words(message("if {condition}", condition=each)), indent=2)
    for each in event.failures:
        paper.prose(words(each), indent=2)
    passing = [each for each in event.before if succeeds(each.verdict)]
    lost = sum(each.established == "lost" for each in passing)
    if lost:
        said = message("open connections of {count} of {all} flows break", count=lost, all=len(passing))
        paper.prose(words(said), indent=2)
