"""The story as people read it."""

from hairpin.report.paper import Paper
from hairpin.report.text.story_text import story_text
from hairpin.report.words import Words
from hairpin.story.timeline import story_of
from tests.story.recorded import evidence, journal, lab


def test_the_lab_hosts_story() -> None:
    said = story_text(story_of((lab(),), None), Words(), Paper(width=110))
    lines = said.splitlines()
    assert lines[0] == "What happened since 2026-11-26 00:16:52.  All times are UTC."
    assert "  00:17:20  firewalld.service was restarted, by alice (pts/0, 127.0.0.1)" in lines
    assert "  00:21:39  the process of docker.service was killed" in lines
    boot = next(number for number, line in enumerate(lines) if "00:22:24  the host started" in line)
    assert lines[boot - 1] == ""
    assert said.rstrip().endswith("only the last start and end of each container")


def test_the_traces_own_words_are_shown_if_asked() -> None:
    said = story_text(story_of((lab(),), None), Words(), Paper(width=110), verbose=True)
    assert "docker.service: Main process exited, code=killed, status=9/KILL" in said


def test_a_host_without_traces_that_matter() -> None:
    told = story_of((evidence(("trace-units", journal())),), 1795699000)
    assert "No recorded event matters" in story_text(told, Words(), Paper())


def test_several_hosts_are_named() -> None:
    assert "  lab-host  the host started" in story_text(story_of((lab(),), None), Words(), Paper(), several=True)
