"""The story as people read it."""

from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.text.story_text import Packages, story_text, with_packages_folded
from hairpin.report.words import Words
from hairpin.story.entry import Effect, PackageVerb, Story, StoryEntry
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


NOON = 1_795_694_400.0


def _package(
    name: str, at: float, *, verb: PackageVerb = "install", effect: Effect | None = None, quote: str = "apt install x"
) -> StoryEntry:
    what = message("{package} {new} was installed", package=name, new="1")
    return StoryEntry(NOON + at, "package", what, name, "e1", effect=effect, quote=quote, host="web1", verb=verb)


def _many(count: int, at: float = 0.0) -> list[StoryEntry]:
    return [_package(f"p{number}", at + number) for number in range(count)]


UNIT = StoryEntry(NOON + 2.5, "unit", message("{unit} started", unit="docker.service"), "docker.service", "e2")


def _told(*entries: StoryEntry) -> list[str]:
    story = Story(tuple(sorted(entries, key=lambda each: each.at)), NOON)
    return [str(each.what) for each in with_packages_folded(story)]


def test_many_are_one_line() -> None:
    assert _told(*_many(412), UNIT) == [
        "412 packages were installed: p0, p1, p2, p3, … by `apt install x`", "docker.service started",
    ]  # fmt: skip


def test_few_are_told_one_by_one() -> None:
    assert _told(*_many(3)) == [f"p{number} 1 was installed" for number in range(3)]


def test_an_installation_much_later_is_another_line() -> None:
    assert len(_told(*_many(9), *_many(9, at=9000))) == 2


def test_upgrades_are_told_apart() -> None:
    upgraded = [_package(f"u{number}", number, verb="upgrade", quote="") for number in range(5)]
    assert _told(*_many(4), *upgraded) == [
        "4 packages were installed: p0, p1, p2, p3 by `apt install x`",
        "5 packages were upgraded: u0, u1, u2, u3, …",
    ]


def test_what_a_package_did_to_the_network_is_told_by_itself() -> None:
    docker = _package("docker.io", 1.5, verb="upgrade", effect=Effect("docker-upgrade"))
    told = with_packages_folded(Story((*_many(2), docker, *_many(9, at=3)), NOON))
    assert docker in told
    assert sum(isinstance(each, Packages) for each in told) == 1


def test_the_terminal_lists_them_with_verbose() -> None:
    story = Story(tuple(_many(40)), NOON)
    short = story_text(story, Words(), Paper(width=100))
    assert "(-v lists them)" in " ".join(short.split())
    assert "p17" not in short
    assert "p17 1 was installed" in story_text(story, Words(), Paper(width=100), verbose=True)
