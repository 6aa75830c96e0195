"""Which command lines are asked of a guard, and what becomes of a question that a guard does not answer."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hairpin.cli.guarding import client
from hairpin.cli.guarding.client import ANSWERED, LENGTH, OTHERS, Unanswered, answer_of_guard, words_asked
from hairpin.cli.main import COMMANDS, DEFAULT

ASKED: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    "nothing": ((), ("check",)),
    "a port": (("8151",), ("check", "8151")),
    "an option first": (("--json", "8151"), ("check", "--json", "8151")),
    "a command": (("walk", "8151", "--from", "lan"), ("walk", "8151", "--from", "lan")),
    "a value with an equals sign": (("8151", "--from=lan"), ("check", "8151", "--from=lan")),
    "a text": (("explain", "No route to host"), ("explain", "No route to host")),
    "a text of standard input": (("explain",), None),
    "a dash": (("explain", "-"), None),
    "another command": (("fix", "8151"), None),
    "another command behind an option": (("--json", "fix"), None),
    "a command behind an option": (("--json", "check"), None),
    "a snapshot": (("check", "--snapshot", "file"), None),
    "another host": (("check", "--host=web"), None),
    "a page": (("check", "--html", "page.html"), None),
    "read anew": (("check", "8151", "--fresh"), None),
    "help": (("check", "--help"), None),
    "a value is missing": (("check", "--from"), None),
    "an unknown option": (("check", "--form"), None),
}


@pytest.mark.parametrize(("arguments", "words"), ASKED.values(), ids=ASKED)
def test_words(arguments: tuple[str, ...], words: tuple[str, ...] | None) -> None:
    assert words_asked(list(arguments)) == words


def test_the_client_knows_all_commands() -> None:
    assert {*ANSWERED, *OTHERS} == set(COMMANDS)
    assert ANSWERED[0] == DEFAULT


@pytest.mark.parametrize(
    ("name", "value"), (("DOCKER_HOST", "tcp://192.0.2.1"), ("XDG_CONFIG_HOME", "/srv"), ("XDG_RUNTIME_DIR", "/srv"))
)
def test_a_process_that_asks_other_engines(name: str, value: str) -> None:
    assert client._is_usual({"HOME": "/nonexistent"})
    assert not client._is_usual({"HOME": "/nonexistent", name: value})


def test_a_docker_context(tmp_path: Path) -> None:
    file = tmp_path / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text('{"auths": {}}')
    assert client._is_usual({"HOME": str(tmp_path)})
    file.write_text('{"currentContext": "far"}')
    assert not client._is_usual({"HOME": str(tmp_path)})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(client, "SOCKET", str(tmp_path / "guard.sock"))
    monkeypatch.setattr(client, "ACCEPT_S", 0.2)
    monkeypatch.setattr(client, "_is_usual", lambda _: True)
    return client.SOCKET


@contextmanager
def guard(path: str, serve: Callable[[socket.socket], object] | None) -> Iterator[None]:
    """Listen as a guard; ``serve``: what it does with a connection; None: it hangs."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()

        def attend() -> None:
            with listening.accept()[0] as connection:
                serve(connection) if serve is not None else None

        attending = threading.Thread(target=attend if serve is not None else int)
        attending.start()
        yield
        attending.join()


def reply(data: bytes) -> Callable[[socket.socket], object]:
    def serve(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"W" + LENGTH.pack(len(data)) + data)

    return serve


def reason() -> str:
    with pytest.raises(Unanswered) as raised:
        answer_of_guard(["8151"])
    return raised.value.reason


@pytest.mark.usefixtures("path")
def test_no_guard() -> None:
    assert reason() == ""


def test_the_socket_of_a_killed_guard(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
    assert reason() == "refused"


def test_a_guard_that_hangs(path: str) -> None:
    with guard(path, None):
        assert reason() == "hangs"


def test_a_guard_of_another_version(path: str) -> None:
    with guard(path, reply(b"Nversion")):
        assert reason() == "version"


def test_a_guard_that_ends_half_way(path: str) -> None:
    with guard(path, lambda connection: connection.sendall(b"W" + LENGTH.pack(100) + b"A")):
        assert reason() == "refused"


def test_an_answer(path: str, capfd: pytest.CaptureFixture[str]) -> None:
    with guard(path, reply(b"A\1" + LENGTH.pack(4) + b"yes\nand no\n")):
        assert answer_of_guard(["8151"]) == 1
    assert capfd.readouterr() == ("yes\n", "and no\n")
