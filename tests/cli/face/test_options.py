"""Every command that examines a host has the shared options."""

import click
import pytest

from hairpin.cli.check import check
from hairpin.cli.face.asked import Given
from hairpin.cli.face.options import GROUPS, GroupedCommand, GroupedOption, grouped_records
from hairpin.cli.main import COMMANDS, FIRST
from tests.cli.commands import call

EVERYWHERE = ("--snapshot", "--host", "--json", "--lang", "--color", "-v", "--public", "--outside")


@pytest.mark.parametrize("command", ("check", "walk"))
def test_everywhere(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, command, "--help").out
    assert [option for option in EVERYWHERE if option not in told] == []


def test_snapshot_reads_from_the_same_places(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "snapshot", "--help").out
    assert [option for option in ("--snapshot", "--host", "--redact", "-o") if option not in told] == []


# arguments, sources
GIVEN: dict[str, tuple[list[str], tuple[Given, ...]]] = {
    "none": ([], ()),
    "mixed, in the order given": (
        ["--host", "root@a", "--snapshot=b", "--json", "--host=root@c"],
        (Given("host", "root@a"), Given("snapshot", "b"), Given("host", "root@c")),
    ),
    "words of another option are its own": (["--from", "--host", "--snapshot", "-"], (Given("snapshot", "-"),)),
    "behind the target": (["8151", "--snapshot", "a"], (Given("snapshot", "a"),)),
}


@pytest.mark.parametrize(("arguments", "expected"), GIVEN.values(), ids=GIVEN)
def test_sources_come_in_the_order_given(arguments: list[str], expected: tuple[Given, ...]) -> None:
    assert check.make_context("check", arguments).params["asked"].sources == expected


SCREEN = 45
"""Lines at 80 columns: what a terminal shows that somebody has made a little higher."""
SIX = ("check", "fix", "undo", "snapshot", "diff", "explain")


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("words", ((), *((each,) for each in COMMANDS), ("lab", "run")), ids=" ".join)
def test_each_help_fits_a_screen(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    lines = call(capsys, *words, "--help").out.splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 80


def test_the_help_begins_with_six_words(capsys: pytest.CaptureFixture[str]) -> None:
    lines = call(capsys, "--help").out.splitlines()
    first, more = lines.index("Commands:"), lines.index("More:")
    assert tuple(COMMANDS)[:FIRST] == SIX
    assert [each.split()[0] for each in lines[first + 1 : more - 1]] == list(SIX)
    rest = [each.split()[0] for each in lines[more + 1 : lines.index("Options:") - 1]]
    assert rest == [each for each in COMMANDS if each not in SIX]


@pytest.mark.parametrize("command", ("check", "fix", "diff", "explain", "walk", "prove", "events", "story"))
def test_groups_come_in_one_order(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = call(capsys, command, "--help").out.splitlines()
    shown = [each.rstrip(":") for each in lines if each.rstrip(":") in GROUPS]
    assert shown == [each for each in GROUPS if each in shown]
    assert {"Hosts", "Answer"} <= set(shown)


def test_no_option_is_lost_or_shown_twice(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "check", "--help").out
    for each in check.params:
        if isinstance(each, click.Option):
            shown = [line for line in told.splitlines() if line.startswith("  -") and each.opts[-1] in line.split()]
            assert len(shown) == (0 if each.hidden else 1), each.opts


def test_an_option_says_its_group() -> None:
    command = GroupedCommand(
        "x",
        params=[
            GroupedOption(["--rare"], group="Seldom", help="Rare."),
            GroupedOption(["--own"], group="Options", help="Own."),
            click.Option(["--plain"], help="Plain."),
            click.Option(["--hidden"], hidden=True),
            click.Argument(["target"]),
        ],
    )
    found = grouped_records(command, click.Context(command, help_option_names=["--help"]))
    assert [(group, [name.split()[0] for name, _ in records]) for group, records in found] == [
        ("Options", ["--own", "--plain"]),
        ("Answer", ["--help"]),
        ("Seldom", ["--rare"]),
    ]
