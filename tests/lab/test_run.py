"""A host that stays can be entered by each of the printed commands, and ends when its process is told to end."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hairpin.errors import LabError
from hairpin.lab.run import own_command, run

PROGRAM = "import sys\nfrom hairpin.lab import run\nsys.exit(getattr(run, sys.argv[1])(sys.argv[2]))"


@contextmanager
def started(verb: str, scenario: str) -> Generator[subprocess.Popen[str]]:
    argv = (sys.executable, "-c", PROGRAM, verb, scenario)
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    pytest.fail(f"{words!r} was never printed:\n{text}")


def line_after(text: str, words: str) -> str:
    return text.partition(words)[2].splitlines()[1].strip()


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_run_stays_until_it_is_ended(number: signal.Signals) -> None:
    with started("run", "published-on-loopback-only") as process:
        text = read_until(process, "It stays until")
        assert "client → 198.51.100.11:8151: delivered, now refused" in text
        assert "host → 127.0.0.1:8151: delivered, still" in text
        whole = line_after(text, "Enter the host whole")
        alone = line_after(text, "Or its network namespace alone:")
        assert "--from 192.0.2.10" in line_after(text, "Ask there:")
        for way in (whole, alone):
            inside = subprocess.run(
                ("sh", "-c", f"{way} docker ps -q"), capture_output=True, text=True, check=True
            ).stdout
            assert re.fullmatch(r"[0-9a-f]{12}\n", inside)
        process.send_signal(number)
        assert process.stdout is not None
        assert "is gone" in process.stdout.read()
        assert process.wait() == 0


def test_of_several_hosts_each_can_be_entered_and_all_are_asked() -> None:
    with started("run", "ip-forward-off.vxlan") as process:
        text = read_until(process, "It stays until")
        question = line_after(text, "Ask there:")
        assert "--host node1=root@198.51.100.11 --host node2=root@198.51.100.12" in question
        second = line_after(text, "Enter node2:")
        name = subprocess.run(("sh", "-c", f"{second} hostname"), capture_output=True, text=True, check=True).stdout
        assert name == "node2\n"
        process.send_signal(signal.SIGTERM)
        process.wait()


def test_shell_is_in_the_broken_host() -> None:
    with started("shell", "ip-forward-off") as process:
        said, _none = process.communicate("hostname; cat /proc/sys/net/ipv4/ip_forward; exit 3\n")
    assert "lab-host\n0\n" in said
    assert "\\w" not in said
    assert process.returncode == 3


def test_own_command_is_there() -> None:
    assert Path(own_command()[0]).exists()


def test_unknown_scenario() -> None:
    with pytest.raises(LabError, match="no scenario 'nothing-of-the-kind'"):
        run("nothing-of-the-kind")
