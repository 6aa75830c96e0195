"""Causes of an answer get since and through from a story; what does not block gets none."""

from hairpin.answer.blamed import with_blame
from hairpin.message import message
from hairpin.story.entry import Actor, Effect, Story, StoryEntry
from tests.report.answers import FORWARDING_OFF, answer


def typed(at: float, commands: str) -> StoryEntry:
    by = Actor("person", "ann", "e1")
    return StoryEntry(at, "command", message("ann typed it"), "sysctl", "e1", by=by, effect=Effect(commands=commands))


def test_a_blocking_cause_has_its_maker() -> None:
    found = answer(FORWARDING_OFF)
    at = found.network.this.taken_at
    assert at
    on, off = (typed(at_, f"sysctl -w net.ipv4.conf.eth0.forwarding={value}") for at_, value in ((10, 1), (20, 0)))
    told = with_blame(found, Story((on, off), 0.0))
    (cause,) = (each for each in told.causes if each.id == "interface-forwarding-off")
    assert cause.blame is not None
    assert [each.name for each in cause.blame.actors] == ["ann"]


def test_a_healthy_host_blames_nobody() -> None:
    found = answer()
    assert with_blame(found, Story((typed(10, "iptables -F"),), 0.0)).causes == found.causes


def test_an_empty_story_blames_nobody() -> None:
    assert all(each.blame is None for each in with_blame(answer(FORWARDING_OFF), Story((), 0.0)).causes)
