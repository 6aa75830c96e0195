"""``--live [N]`` and ``--probe-from``: what they take, and what they do not go with."""

import pytest

from hairpin.cli.check import check
from hairpin.cli.prove import prove
from tests.cli.commands import call, snapshot

# arguments, N, targets
GIVEN: dict[str, tuple[list[str], int | None, tuple[str, ...]]] = {
    "not asked for": (["8151"], None, ("8151",)),
    "alone": (["8151", "--live"], 10, ("8151",)),
    "a number": (["8151", "--live", "30"], 30, ("8151",)),
    "the greatest": (["--live", "100", "8151"], 100, ("8151",)),
    "a target behind it": (["--live", "8151"], 10, ("8151",)),
    "a container behind it": (["--live", "web"], 10, ("web",)),
    "an option behind it": (["web", "--live", "--from", "host"], 10, ("web",)),
    "with a sign": (["web", "--live=5"], 5, ("web",)),
}


@pytest.mark.parametrize(("arguments", "number", "targets"), GIVEN.values(), ids=GIVEN)
def test_live(arguments: list[str], number: int | None, targets: tuple[str, ...]) -> None:
    for command in (check, prove):
        found = command.make_context("it", list(arguments)).params
        assert (found["live"].number if found["live"] is not None else None, found["asked"].targets) == (
            number,
            targets,
        )


# arguments, a part of the error
WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a snapshot": (("8080", "--live", "--snapshot", "SNAPSHOT"), "only what was read of a host"),
    "a text": (("8080", "--live", "--text", "SNAPSHOT"), "only what was read of a host"),
    "another host": (("8080", "--live", "--host", "n1=root@a"), "ssh root@a hairpin check --live"),
    "an event": (("8080", "--live", "--after", "reboot"), "--after reboot does not fit"),
    "a machine without packets": (("8080", "--probe-from", "me@box"), "say --live, too"),
    "too many": (("8080", "--live=101"), "101 is not in the range"),
    "no destination": (("8080", "--live", "--probe-from", "-oX=y"), "no destination of ssh"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("command", ("check", "prove"))
def test_wrong(command: str, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = tuple(snapshot() if each == "SNAPSHOT" else each for each in arguments)
    ended = call(capsys, command, *words)
    assert (ended.status, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())
