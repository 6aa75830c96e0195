"""The options of the contract stand on every command that examines a host."""

import pytest

from tests.cli.commands import call

EVERYWHERE = ("--snapshot", "--host", "--json", "--lang", "--color", "-v", "--public", "--outside")


@pytest.mark.parametrize("command", ("check", "walk"))
def test_everywhere(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, command, "--help").out
    assert [option for option in EVERYWHERE if option not in told] == []


def test_snapshot_reads_from_the_same_places(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "snapshot", "--help").out
    assert [option for option in ("--snapshot", "--host", "--redact", "-o") if option not in told] == []
