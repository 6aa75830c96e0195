"""Collecting here and over ssh: the script arrives whole, the answer comes back, and every failure has a sentence."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hairpin.collect import run
from hairpin.collect.run import Answer, LocalRunner, SshRunner, collect, script
from hairpin.errors import CollectError

RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"
ANSWER = f"hairpin-collect/1 {RUN}\n{RUN}\tbegin\t2026-01-01T00:00:00Z\t1.0\thost1\t6.1.0\t0\n\n{RUN}\tdone\n".encode()


class Recorded(msgspec.Struct):
    """A runner that returns a given answer and records its arguments."""

    answer: Answer
    asked: list[tuple[str, ...]]

    @property
    def name(self) -> str:
        return "web1"

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        assert script.startswith(b"#!/bin/sh")
        self.asked.append(arguments)
        return self.answer


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that installs an ``ssh`` (and ``sudo``) of this shell text in front of PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def install(text: str) -> None:
        for name, body in (("ssh", text), ("sudo", 'shift; exec "$@"')):
            program = tmp_path / name
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)

    return install


def test_the_options_reach_the_script() -> None:
    runner = Recorded(Answer(0, ANSWER, b""), [])
    evidence = collect(runner, root="/mnt/host", docker_host="unix:///x.sock")
    assert runner.asked == [("--root", "/mnt/host", "--docker-host", "unix:///x.sock")]
    assert (evidence.hostname, evidence.readings) == ("host1", ())


def test_an_empty_output_is_explained_by_standard_error() -> None:
    with pytest.raises(CollectError, match=r"web1: .*exit status 3.*: no more processes"):
        collect(Recorded(Answer(3, b"", b"sh: fork\nno more processes\n"), []))


def test_this_host_answers() -> None:
    """Whatever rights the tests have, the answer is complete."""
    evidence = collect(LocalRunner())
    assert evidence.hostname == os.uname().nodename
    assert evidence.kernel == os.uname().release
    addresses = [*evidence.all("ip-addr"), *evidence.all("ip-addr-text")]
    assert addresses
    assert len({reading.id for reading in evidence.readings}) == len(evidence.readings)


def test_the_environment_can_be_given() -> None:
    runner = LocalRunner(("sh",), (("PATH", os.environ["PATH"]), ("GREETING", "hello")))
    assert runner.run(b'echo "$GREETING $2"', ("--root", "/x")).stdout == b"hello /x\n"


def test_long_scripts_and_long_answers_pass_at_once() -> None:
    """The answer starts before the script is read to its end: neither side may wait for the other."""
    line = b"printf %065536d 0; : " + b"x" * 65536 + b"\n"
    assert len(LocalRunner().run(line * 8, ()).stdout) == 8 * 65536


def test_a_program_may_ignore_its_input() -> None:
    assert LocalRunner(("true",)).run(b"x" * 1_000_000, ()).status == 0


def test_a_script_that_hangs_is_ended() -> None:
    with pytest.raises(CollectError, match="the answer was not complete in time"):
        LocalRunner(limit_s=0.2).run(b"exec sleep 1000\n", ())


def test_an_endless_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_LIMIT_BYTES", 1 << 20)
    with pytest.raises(CollectError, match="longer than 1 MiB"):
        LocalRunner().run(b"while :; do printf %099999d 0; done\n", ())


def test_a_missing_shell_is_named() -> None:
    with pytest.raises(CollectError, match="no-such-shell is not installed"):
        LocalRunner(("no-such-shell",)).run(b"", ())


SSH_FAILURES: dict[str, tuple[str, str]] = {
    "host key": ("Host key verification failed.", "the host key of the ssh server is unknown or has changed"),
    "no key": ("ann@web1: Permission denied (publickey).", "ssh login failed"),
    "name": ("ssh: Could not resolve hostname web1: Name or service not known", "host name is unknown"),
    "silent host": ("ssh: connect to host web1 port 22: Connection timed out", "no answer within 10 s"),
    "closed port": ("ssh: connect to host web1 port 22: Connection refused", "nothing listens"),
    "sudo password": ("sudo: a password is required", "sudo asks for a password"),
    "no sudoer": ("ann is not in the sudoers file.", "may not use sudo"),
    "no sudo": ("sh: 1: exec: sudo: not found", "sudo is not installed"),
    "anything else": ("kex_exchange: reset by peer", "kex_exchange: reset by peer"),
}


@pytest.mark.parametrize(("said", "reason"), SSH_FAILURES.values(), ids=SSH_FAILURES)
def test_a_failure_of_ssh_is_explained(fake_ssh: Callable[[str], None], said: str, reason: str) -> None:
    fake_ssh(f"echo {shlex.quote(said)} >&2; exit 255")
    with pytest.raises(CollectError, match=reason) as caught:
        collect(SshRunner("ann@web1"))
    assert str(caught.value).startswith("ann@web1: ")


def test_a_missing_ssh_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CollectError, match="ssh is not installed here"):
        collect(SshRunner("ann@web1"))


@pytest.mark.parametrize("destination", ("-oProxyCommand=reboot", ""))
def test_a_destination_is_no_option(destination: str) -> None:
    with pytest.raises(CollectError, match="write USER@HOST"):
        collect(SshRunner(destination))


def test_over_ssh_the_same_script_runs_there(fake_ssh: Callable[[str], None]) -> None:
    """The remote command line stands in one argument and any login shell can read it."""
    fake_ssh('for last; do :; done; echo "Welcome!"; exec sh -c "$last"')
    evidence = collect(SshRunner("ann@web1"), root="/nowhere in particular")
    assert evidence.hostname == os.uname().nodename
    assert evidence.all("file") == ()


def test_docker_host_of_the_remote_user_is_used(
    fake_ssh: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """sudo drops the environment, so it travels as an argument."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    fake_ssh('for last; do :; done; exec sh -c "$last"')
    reading = collect(SshRunner("ann@web1")).find("docker-socket", "")
    assert reading is not None
    assert (reading.outcome, reading.text) == (
        "absent",
        "tcp://192.0.2.1:2375: another machine's engine: not asked (named by DOCKER_HOST)",
    )


def test_ssh_never_prompts(fake_ssh: Callable[[str], None]) -> None:
    fake_ssh('echo "$*" >&2; exit 255')
    with pytest.raises(CollectError, match="BatchMode=yes"):
        collect(SshRunner("ann@web1"))


def test_the_script_is_shipped() -> None:
    assert script().endswith(b'main "$@" </dev/null\n')


_OLD = "unable to configure the daemon with file /etc/docker/daemon.json: invalid character"
_FAILED = "failed to start daemon: x\n"
LOGS: dict[str, tuple[str, str]] = {
    "a start that began and failed": (f'{_OLD}\nmsg="Starting up"\n{_FAILED}', _FAILED),
    "a start that was refused": (f'msg="Starting up"\nDaemon has completed initialization\n{_OLD}\n', f"{_OLD}\n"),
    "a start that was done": (f'{_OLD}\nmsg="Starting up"\nmsg="Daemon has completed initialization"\n', ""),
}


@pytest.mark.parametrize(("log", "kept"), LOGS.values(), ids=LOGS)
def test_only_dockerds_last_start_says_why_it_does_not_run(log: str, kept: str) -> None:
    function = re.search(r"^since_last_start\(\) \{.*?^\}", script().decode(), re.MULTILINE | re.DOTALL)
    assert function is not None
    argv = ("sh", "-c", f"{function[0]}\nsince_last_start")
    done = subprocess.run(argv, input=log, capture_output=True, text=True, check=True)
    assert done.stdout == kept
