"""Entries hash and compare by their content, so that equal effects are carried out once."""

from hairpin.message import message
from hairpin.story.entry import Actor, Effect, StoryEntry


def test_equal_effects_are_one() -> None:
    assert len({Effect("docker-restart"), Effect("docker-restart"), Effect(commands="iptables -F")}) == 2


def test_an_entry_is_a_moment_unless_it_has_an_end() -> None:
    entry = StoryEntry(1.0, "firewall", message("firewalld was reloaded"), "firewalld.service", "e1")
    assert (entry.until, entry.by, entry.effect) == (None, None, None)
    assert Actor("unit", "a", "e1") == Actor("unit", "a", "e1")
