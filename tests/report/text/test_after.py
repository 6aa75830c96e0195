"""The head of an answer about the time after an event."""

import msgspec

from hairpin.answer.answer import BeforeEvent, EventAnswer
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.text.after import write_event
from hairpin.report.words import Words
from tests.small_host import network

EVENT = EventAnswer(
    "docker-restart", message("dockerd is restarted"), (BeforeEvent("delivered", "lost"), BeforeEvent("dropped", None)),
    was=network(), flows=(), label="test",
)  # fmt: skip


def told(event: EventAnswer) -> str:
    """Return the text."""
    paper = Paper()
    write_event(event, Words(), paper)
    return paper.text()


def test_the_event_and_the_open_connections() -> None:
    assert told(EVENT) == "After docker-restart (dockerd is restarted):\n  open connections of 1 of 1 flows break\n"


def test_conditions_and_failures() -> None:
    said = told(
        msgspec.structs.replace(EVENT, before=(), conditions=(message("it rains"),), failures=(message("web fails"),))
    )
    assert said == "After docker-restart (dockerd is restarted):\n  if it rains\n  web fails\n"
