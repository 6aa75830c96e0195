"""Since and through as people read them."""

import pytest

from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.text.blame_text import blame_text, write_blame
from hairpin.report.words import Words, time_text
from hairpin.story.blame import Blame
from hairpin.story.entry import Actor, StoryEntry

GOOD = StoryEntry(0.0, "engine", message("dockerd started"), "docker.service", "e1")
STARTED = StoryEntry(60.0, "firewall", message("firewalld started"), "firewalld.service", "e2")


def test_one_maker_is_named_with_its_time_and_the_last_sight_of_the_good_state() -> None:
    said = [str(each) for each in blame_text(Blame(60.0, 60.0, (STARTED,), GOOD))]
    assert said == [
        "since 1970-01-01T00:01:00Z, through firewalld.service",
        "1970-01-01T00:01:00Z: firewalld started",
        "the last record of the good state: dockerd started, 1970-01-01T00:00:00Z",
    ]


def test_two_makers_are_both_possible() -> None:
    ann = StoryEntry(90.0, "command", message("ann typed"), "iptables", "e3", by=Actor("person", "ann", "e3"))
    first = next(blame_text(Blame(60.0, 90.0, (STARTED, ann), GOOD)))
    assert str(first).endswith("through one of these: firewalld.service, ann")
    assert "between 1970-01-01T00:01:00Z and 1970-01-01T00:01:30Z" in str(first)


def test_without_an_actor_the_time_is_told() -> None:
    boot = StoryEntry(60.0, "boot", message("the host booted"), "", "e2")
    assert str(next(blame_text(Blame(60.0, 60.0, (boot,), GOOD)))) == "since 1970-01-01T00:01:00Z"


@pytest.mark.parametrize(
    ("by", "text"),
    (
        (Actor("person", "x", "e3"), "a person: x"),
        (Actor("package", "x", "e3"), "the package x"),
        (Actor("process", "x", "e3"), "the process x"),
    ),
)
def test_a_person_a_package_and_a_process_are_told_apart(by: Actor, text: str) -> None:
    made = StoryEntry(60.0, "command", message("y"), "z", "e3", by=by)
    assert str(next(blame_text(Blame(60.0, 60.0, (made,), GOOD)))).endswith(f"through {text}")


def test_it_is_written_with_its_traces() -> None:
    paper = Paper(width=80)
    write_blame(Blame(60.0, 60.0, (STARTED,) * 9, GOOD), Words("en"), paper, whole=False)
    few = paper.text()
    assert few.count("firewalld started") < 9
    assert "the last record of the good state" in few
    assert time_text(60.0) in few
