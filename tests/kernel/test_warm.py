"""The guard's socket: who is answered, who is not, and that an answer is the command's own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hairpin
from tests.other_user import NOBODY, require_readable_checkout

PROGRAM = """
import sys
from hairpin.cli.guarding.serving import Server
from hairpin.guard.watch import Watch
watch = Watch()
Server(sys.argv[1]).attend(watch)
print("ready", flush=True)
while True:
    watch.burst(1.0)
"""
ASK = """
import sys
from hairpin.cli.guarding import client
import hairpin
client.SOCKET, client.ACCEPT_S, hairpin.__version__ = sys.argv[1], float(sys.argv[2]), sys.argv[3]
client._is_usual = lambda _: True
try:
    sys.exit(client.answer_of_guard(sys.argv[4:]))
except client.Unanswered as unanswered:
    sys.exit(f"unanswered: {unanswered.reason}")
"""
QUESTION = ("explain", "ip-forward-off")
"""Needs no reading of the host."""


class Guard:
    """A guard in a network namespace of its own, and those who ask it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        argv = ("unshare", "--net", sys.executable, "-c", PROGRAM, str(path))
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def ask(
        self, *enter: str, version: str = "", patience_s: float = 60.0, within: bool = True
    ) -> tuple[int, str, str]:
        where = ("nsenter", f"--net=/proc/{self.process.pid}/ns/net") if within else ()
        argv = (*where, *enter, sys.executable, "-c", ASK, str(self.path), str(patience_s))
        argv = (*argv, version or hairpin.__version__, *QUESTION)
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr.strip()


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    tmp_path.chmod(0o755)
    running = Guard(tmp_path / "guard.sock")
    try:
        yield running
    finally:
        running.end()


def test_the_answer_is_the_commands_own(guard: Guard) -> None:
    cold = subprocess.run((sys.executable, "-m", "hairpin", *QUESTION), capture_output=True, text=True, check=False)
    assert guard.ask() == (0, cold.stdout, "")
    assert guard.ask() == (0, cold.stdout, "")


def test_another_network_namespace(guard: Guard) -> None:
    assert guard.ask(within=False) == (1, "", "unanswered: place")


def test_another_version(guard: Guard) -> None:
    assert guard.ask(version="0.0.9") == (1, "", "unanswered: version")


def test_another_user(guard: Guard) -> None:
    require_readable_checkout()
    assert guard.ask(*NOBODY) == (1, "", "unanswered: refused")
    guard.path.chmod(0o666)
    assert guard.ask(*NOBODY) == (1, "", "unanswered: refused")


def test_a_guard_that_hangs(guard: Guard) -> None:
    guard.process.send_signal(signal.SIGSTOP)
    assert guard.ask(patience_s=0.2) == (1, "", "unanswered: hangs")
    guard.process.send_signal(signal.SIGCONT)
    assert guard.ask()[0] == 0


def test_the_socket_of_a_killed_guard(guard: Guard) -> None:
    guard.end()
    assert guard.ask(within=False) == (1, "", "unanswered: refused")
    again = Guard(guard.path)
    try:
        assert again.ask()[0] == 0
    finally:
        again.end()
