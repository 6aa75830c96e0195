"""The story of a host as one line of time."""

from hairpin.message import message
from hairpin.report.page.story_page import story_page
from hairpin.report.words import Words
from hairpin.story.entry import Effect, Story, StoryEntry

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
    assert "No trace tells of anything" in story_page(Story((), 0.0), Words())
