"""The story of a host as one line of time."""

from msgspec.structs import replace

from hairpin.answer.blamed import with_blame
from hairpin.message import message
from hairpin.report.page.story_page import failures, story_page
from hairpin.report.words import Words
from hairpin.story.entry import Actor, Effect, Story, StoryEntry
from tests.report.answers import FORWARDING_OFF, answer
from tests.report.page.twelve import answer_named

HOSTILE = "<script>"
ENTRIES = (
    StoryEntry(0.0, "boot", message("the host started"), "boot", "e1", host="a"),
    StoryEntry(90_000.0, "firewall", message("firewalld was restarted"), "firewalld.service", "e2", quote=HOSTILE,
               effect=Effect("firewalld-restart"), host="a"),
)  # fmt: skip


def test_each_entry_stands_at_its_time_on_its_day() -> None:
    text = story_page(Story(ENTRIES, 0.0), Words())
    assert text.index("1970-01-01</h2>") < text.index("the host started") < text.index("1970-01-02</h2>")
    assert '<time datetime="1970-01-02T01:00:00+00:00">01:00:00</time>' in text


def test_what_changes_the_network_stands_out() -> None:
    text = story_page(Story(ENTRIES, 0.0), Words())
    assert text.count('<li class="firewall effect">') == 1
    assert '<li class="boot">' in text


def test_the_traces_own_words_are_text() -> None:
    assert "&lt;script&gt;</pre>" in story_page(Story(ENTRIES, 0.0), Words())


def test_a_story_without_entries_says_so() -> None:
    assert "No recorded event matters" in story_page(Story((), 0.0), Words())


def _typed(at: float, value: int) -> StoryEntry:
    by, commands = Actor("person", "ann", "e1"), f"sysctl -w net.ipv4.conf.eth0.forwarding={value}"
    said = message("ann set it to {value}", value=value)
    return StoryEntry(at, "command", said, "sysctl", "e1", by=by, effect=Effect(commands=commands))


STORY = Story((_typed(10, 1), _typed(20, 0)), 0.0)


def test_a_failure_stands_behind_what_made_it() -> None:
    text = story_page(STORY, Words(), now=with_blame(answer(FORWARDING_OFF), STORY))
    title = next(each for each in answer(FORWARDING_OFF).causes if each.severity == "blocking").candidate.title
    first, second, last = (
        '<li class="well">',
        f"From here on, this fails: {Words()(title)}",
        "The host was read: 1 problem",
    )
    assert text.index("ann set it to 1") < text.index(first) < text.index("ann set it to 0")
    assert text.index("ann set it to 0") < text.index(second) < text.index(last)
    assert text.count('<li class="failure">') == 2


def test_a_failure_that_no_trace_dates_is_said_when_the_host_was_read() -> None:
    (mark,) = failures(answer(FORWARDING_OFF))
    assert mark.kind == "failure"
    assert any("no record shows since when" in str(each) for each in mark.lines)


def test_a_healthy_host_has_no_failure() -> None:
    (mark,) = failures(answer())
    assert mark.kind == "well"
    assert '<li class="failure">' not in story_page(STORY, Words(), now=answer())


def test_what_is_undecided_is_neither_a_failure_nor_well() -> None:
    (mark,) = failures(answer_named("undecided"))
    assert mark.kind == "undecided"
    text = story_page(STORY, Words(), now=answer_named("undecided"))
    assert "all 4 flows undecided" in text
    assert '<li class="failure">' not in text
    assert '<li class="well">' not in text


def test_a_state_that_stops_no_asked_flow_is_a_failure() -> None:
    found = answer(FORWARDING_OFF)
    stateful = tuple(replace(each, flows=()) for each in found.causes if each.severity == "blocking")
    mark = list(failures(replace(answer(), causes=stateful)))[-1]
    assert mark.kind == "failure"


def test_what_could_not_be_asked_is_said() -> None:
    text = story_page(STORY, Words(), now=message("no container is called web"))
    assert "hairpin could not find out what fails now: no container is called web" in text


def test_of_several_hosts_the_mark_names_its_host() -> None:
    told = with_blame(answer(FORWARDING_OFF), STORY)
    dated = next(each for each in failures(told) if each.kind == "failure")
    assert dated.host == told.network.this.name
    assert f"<strong>{dated.host} </strong>" in story_page(replace(STORY, entries=()), Words(), now=told, several=True)
