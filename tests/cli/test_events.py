"""``hairpin events`` and ``--after`` on snapshots."""

import json
import os
from functools import partial

import pytest

from hairpin.cli.events import abreast
from tests.cli.commands import call, snapshot
from tests.report.strict import errors


def test_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "events", "8080", "--snapshot", snapshot())
    assert (ended.status, ended.err) == (1, "")
    assert "docker-stop: dockerd is stopped" in ended.out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "events", "8080", "--json", "--snapshot", snapshot())
    assert errors(json.loads(ended.out), "events-1.json") == []


def test_check_after(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8080", "--after", "docker-stop", "--no-replica", "--snapshot", snapshot())
    assert ended.status == 1
    assert ended.out.startswith("After docker-stop (dockerd is stopped):\n")
    as_json = call(
        capsys, "check", "8080", "--after", "docker-stop", "--no-replica", "--json", "--snapshot", snapshot()
    )
    document = json.loads(as_json.out)
    assert errors(document, "report-1.json") == []
    assert {(each["before"], each["verdict"], each["established"]) for each in document["flows"]} == {
        ("delivered", "refused", "lost")
    }
    assert [each["event"] for each in document["causes"]] == ["docker-stop"]


def test_walk_after(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("walk", "8080", "--from", "lan", "--snapshot", snapshot())
    assert call(capsys, *arguments, "--after", "conntrack-flush").status == 0
    assert call(capsys, *arguments, "--after", "docker-stop").status == 1


@pytest.mark.parametrize("command", ("check", "walk"))
def test_an_unknown_event(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, command, "8080", "--from", "lan", "--after", "docker-restrat", "--snapshot", snapshot())
    assert (ended.status, ended.out) == (2, "")
    assert "did you mean docker-restart?" in ended.err


def task(number: int) -> tuple[int, int]:
    return number, os.getpid()


@pytest.mark.parametrize("processors", (1, 2, 3))
def test_the_results_come_in_order(processors: int) -> None:
    done = abreast([partial(task, number) for number in range(40)], processors)
    assert [number for number, _ in done] == list(range(40))
    assert 1 <= len({pid for _, pid in done}) <= processors


def test_an_error_is_raised_here() -> None:
    def failing() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        abreast([failing] * 10, 2)


def test_what_a_killed_process_had_is_done_here() -> None:
    own = os.getpid()

    def ended() -> int:
        if os.getpid() != own:
            os._exit(9)
        return 1

    assert abreast([ended] * 10, 2) == [1] * 10
