"""What a shell completes: values of options, targets, plans; nothing that fails or waits."""

import itertools
import json
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from hairpin.apply.kept_plan import PlanState
from hairpin.cli.face import completion
from hairpin.cli.main import cli
from hairpin.report.words import LANGUAGES
from tests.apply.plans import begun, plan
from tests.cli.commands import call
from tests.waiting import HANG_S

LISTED = json.dumps(
    [
        {
            "Names": ["/web"],
            "Image": "nginx",
            "Ports": [
                {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8151, "Type": "tcp"},
                {"IP": "::", "PrivatePort": 80, "PublicPort": 8151, "Type": "tcp"},
                {"PrivatePort": 443, "Type": "tcp"},
                {"IP": "0.0.0.0", "PrivatePort": 53, "PublicPort": 5353, "Type": "udp"},
            ],
        },
        {"Names": ["/worker"], "Image": "job", "Ports": None},
    ]
).encode()
# words before, incomplete, some of the values
VALUES: dict[str, tuple[tuple[str, ...], str, set[str]]] = {
    "a target": (("check",), "w", {"web", "worker"}),
    "a published port": (("fix",), "8", {"8151"}),
    "a port of UDP": (("events",), "53", {"5353/udp"}),
    "a target of a walk": (("walk", "--from", "lan"), "web", {"web"}),
    "a target without a command": ((), "81", {"8151"}),
    "a command and a target": ((), "w", {"walk", "web", "worker"}),
    "commands alone where nothing is typed": ((), "", set(cli.list_commands(click.Context(cli)))),
    "a place": (("check", "--from"), "", {"outside", "host", "lan", "container:web", "container:worker"}),
    "a container": (("8151", "--from"), "container:we", {"container:web"}),
    "an event": (("check", "--after"), "docker-r", {"docker-restart", "docker-reload"}),
    "an event of a container": (("check", "--after"), "container-stop:we", {"container-stop:web"}),
    "a cause": (("explain",), "interface-forwarding-o", {"interface-forwarding-off"}),
    "a choice": (("fix", "--choose"), "interface-forwarding-o", {"interface-forwarding-off"}),
    "a language": (("check", "--lang"), "", set(LANGUAGES)),
    "a colour": (("check", "--color"), "n", {"never"}),
    "an option of check without a command": ((), "--aft", {"--after"}),
    "no container of another host": (("check", "--host", "root@a"), "w", set()),
    "no container of a snapshot": (("check", "--snapshot", "a", "--from"), "c", {"container:"}),
}


def completed(before: tuple[str, ...], incomplete: str) -> list[CompletionItem]:
    return ShellComplete(cli, {}, "hairpin", "_HAIRPIN_COMPLETE").get_completions(list(before), incomplete)


@pytest.mark.parametrize(("before", "incomplete", "expected"), VALUES.values(), ids=VALUES)
def test_values(monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...], incomplete: str, expected: set[str]) -> None:
    monkeypatch.setattr(completion, "_answered", lambda: LISTED)
    assert {each.value for each in completed(before, incomplete)} == expected


@pytest.mark.parametrize("answer", (b"", b"no json", b"{}", b"null", b"[1]", b'[{"Names": []}]', b'[{"Names": null}]'))
def test_an_answer_that_is_no_list_completes_nothing(answer: bytes) -> None:
    assert completion.containers_of(answer) == []


@pytest.mark.parametrize("words", (("check", "--snapshot"), ("check", "--html"), ("snapshot", "-o"), ("diff",)))
def test_files_are_the_shells(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.setattr(completion, "_answered", lambda: b"")
    assert [each.type for each in completed(words, "be")] == ["file"]


@contextmanager
def daemon(folder: Path, reply: bytes | None) -> Generator[str]:
    """Give the path of a socket that answers every request so; None: it never does, and the asker has to hang up."""
    hung_up: list[bool] = []
    path = str(folder / "docker.sock")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(path)
        listening.listen()

        def serve() -> None:
            asked, _ = listening.accept()
            with asked:
                asked.recv(4096)
                if reply is None:
                    hung_up.append(asked.recv(4096) == b"")
                else:
                    asked.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield path
        thread.join()
    assert hung_up == ([True] if reply is None else [])


OK = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"


def test_the_daemon_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(completion, "PATIENCE_S", HANG_S)
    with daemon(tmp_path, OK + LISTED) as path:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        assert {each.value for each in completed(("check",), "web")} == {"web"}


@pytest.mark.parametrize(
    "reply", (None, b"", b"HTTP/1.0 500 Oh\r\n\r\n" + LISTED, OK), ids=["mute", "none", "500", "empty"]
)
def test_a_daemon_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reply: bytes | None
) -> None:
    """A mute one is left after ``PATIENCE_S``; what another one says is read to its end."""
    assert completion.PATIENCE_S <= 0.2
    if reply is not None:
        monkeypatch.setattr(completion, "PATIENCE_S", HANG_S)
    with daemon(tmp_path, reply) as path:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        assert completed(("check",), "web") == []


def test_a_daemon_that_says_a_little_at_a_time_gets_no_more_patience(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each word comes in time, by a clock of the test's, and all of them do not."""
    monkeypatch.setattr(completion, "PATIENCE_S", HANG_S)
    ticks = itertools.count(0.0, 0.8 * HANG_S)
    monkeypatch.setattr("time.monotonic", lambda: next(ticks))
    with daemon(tmp_path, OK + LISTED) as path:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        assert completed(("check",), "web") == []


@pytest.mark.parametrize("stated", ("tcp://192.0.2.1:2375", "ssh://web1", "unix:///nonexistent/docker.sock"))
def test_another_daemon_is_not_answered(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", stated)
    assert completed(("check",), "web") == []


def test_a_daemon_that_does_not_run_is_not_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """systemd listens on the socket and would start dockerd: only a connection would tell it to."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "docker.sock"))
        listening.listen()
        listening.settimeout(0.05)
        monkeypatch.setattr(completion, "_SOCKET", str(tmp_path / "docker.sock"))
        monkeypatch.setattr(completion, "_PROCESS", str(tmp_path / "docker.pid"))
        assert completed(("check",), "web") == []
        with pytest.raises(TimeoutError):
            listening.accept()


def test_plans_that_are_in_force(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    states: tuple[PlanState, ...] = ("taken-back", "applied")
    for state in states:
        begun(tmp_path, plan().tasks(lasting=False), state)
    monkeypatch.setattr("hairpin.cli.plans.half_done.FOLDER", tmp_path / "plans")
    monkeypatch.setattr("hairpin.cli.face.completion.os.geteuid", lambda: 0)
    (found,) = completed(("undo",), "")
    assert (found.value, found.help) == ("2", "fix 8080, 2026-01-01T00:00:00Z, in force")
    assert completed(("undo", "--host", "root@a"), "") == []


def test_no_journal_is_made_by_a_completion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hairpin.cli.plans.half_done.FOLDER", tmp_path / "hairpin" / "plans")
    monkeypatch.setattr("hairpin.cli.face.completion.os.geteuid", lambda: 0)
    assert completed(("undo",), "") == []
    assert not (tmp_path / "hairpin").exists()


# what bash takes for words, the last one incomplete; what click gets; what stays in the line
BROKEN: dict[str, tuple[list[str], list[str], str]] = {
    "nothing to join": (["check", "--from", "ho"], ["check", "--from", "ho"], ""),
    "a container": (["--from", "container", ":", "we"], ["--from", "container:we"], "container:"),
    "nothing behind the colon": (["--from", "container", ":"], ["--from", "container:"], "container:"),
    "an option's value": (["--after", "=", "docker-r"], ["--after=docker-r"], ""),
    "both": (["--after", "=", "container-stop", ":", "w"], ["--after=container-stop:w"], "container-stop:"),
    "an address": (["[", "::", "1]", ":", "80"], ["[::1]:80"], "[::1]:"),
    "a new word": (["--from", "container", ":", "web", ""], ["--from", "container:web", ""], ""),
}


@pytest.mark.parametrize(("words", "whole", "stays"), BROKEN.values(), ids=BROKEN)
def test_bash_breaks_words_at_colons(words: list[str], whole: list[str], stays: str) -> None:
    *before, incomplete = words
    assert completion.join_broken(before, incomplete) == whole
    assert completion.unreplaced_part(whole[-1]) == stays


@pytest.fixture
def clicks_bash() -> Iterator[None]:
    """Give click its own completion for bash back behind the test."""
    earlier = get_completion_class("bash")
    assert earlier is not None
    yield
    add_completion_class(earlier)


@pytest.mark.usefixtures("clicks_bash")
def test_bash_gets_the_end_of_a_value(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(completion, "_answered", lambda: LISTED)
    monkeypatch.setenv("_HAIRPIN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "hairpin\ncheck\n--from\ncontainer\n:\nw")
    monkeypatch.setenv("COMP_CWORD", "5")
    with pytest.raises(SystemExit):
        call(capsys)
    assert capsys.readouterr().out == "plain,web\nplain,worker\n"
