"""Commands in a machine: their output is returned, and their own error is in the LabError."""

import os
from pathlib import Path

import pytest

from hairpin.errors import LabError
from hairpin.lab.node import ENVIRONMENT, open_wire_node


def test_wire_node_is_a_network_namespace_only() -> None:
    with open_wire_node("client") as node:
        assert node.run("ls -l /proc/self/ns/net") != ""
        assert node.run("readlink /proc/self/ns/net").strip() == str(Path(f"/proc/{node.pid}/ns/net").readlink())
        assert node.run("readlink /proc/self/ns/mnt").strip() == str(Path("/proc/self/ns/mnt").readlink())
        assert node.run(("cat",), stdin="through the pipe") == "through the pipe"


def test_holder_ends_with_the_block() -> None:
    with open_wire_node("client") as node:
        assert os.waitid(os.P_PID, node.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    assert not Path(f"/proc/{node.pid}").exists()


def test_failure_is_told_in_the_commands_own_words() -> None:
    with open_wire_node("client") as node, pytest.raises(LabError, match=r"client: `ip .* failed .*no-such-link"):
        node.run(("ip", "link", "show", "no-such-link"))


def test_first_failing_line_ends_a_script() -> None:
    with open_wire_node("client") as node, pytest.raises(LabError, match="status 3"):
        node.run("(exit 3); echo not reached")


def test_command_that_does_not_end() -> None:
    with open_wire_node("client") as node, pytest.raises(LabError, match=r"did not end within 0\.2 s"):
        node.run("sleep 60", timeout_s=0.2)


def test_commands_do_not_see_the_callers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///somebody/elses.sock")
    with open_wire_node("client") as node:
        seen = dict(line.split("=", 1) for line in node.run(("env",)).splitlines())
    assert seen == ENVIRONMENT
    assert "DOCKER_HOST" in os.environ
