"""Every command that examines a host has the shared options."""

import pytest

from hairpin.cli.check import check
from hairpin.cli.face.asked import Given
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
