"""``hairpin ask``: a script that only reads, and only for what a text lacks."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.commands import call

SHELLS = ("dash", "bash", "busybox")


def script(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    ended = call(capsys, "ask", *arguments)
    assert (ended.status, ended.err) == (0, "")
    return ended.out


def test_the_whole_script(capsys: pytest.CaptureFixture[str]) -> None:
    text = script(capsys, "8080")
    for command in (
        "$D ps -a",
        "ip -d addr",
        "ip route show table all",
        "iptables-save",
        "nft list ruleset",
        "ss -lntup",
    ):
        assert command in text
    assert "--filter publish=8080" in text


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_takes_it(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    argv = ("busybox", "sh", "-n") if shell == "busybox" else (shell, "-n")
    subprocess.run(argv, input=script(capsys), text=True, check=True)


def test_it_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    words = set(script(capsys).replace('"', " ").split())
    assert not words & {"-w", "-A", "-I", "-D", "-F", "-P", "add", "del", "set", "restart", "start", "stop", "rm", ">"}
    assert ".Config.Env" not in " ".join(words)


def test_only_what_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pasted = tmp_path / "ticket.txt"
    pasted.write_text("$ ip rule\n0:\tfrom all lookup local\n32766:\tfrom all lookup main\nnet.ipv4.ip_forward = 1\n")
    text = script(capsys, "--after", str(pasted))
    of_host = text.partition("for D in")[0]
    assert '"ip rule"' not in of_host
    assert '"ip route show table all"' in of_host


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "ask", "--after", "/nowhere.txt")
    assert ended.status == 2
    assert "/nowhere.txt: cannot be read: No such file or directory" in ended.err


def test_what_comes_back_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The outputs stand behind the commands as at a prompt."""
    answer = tmp_path / "answer.txt"
    answer.write_text(
        "\n$ ip rule\n0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
        "\n$ docker exec web ss -lntup\nNetid State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
        "tcp   LISTEN 0      511    127.0.0.1:80        0.0.0.0:*\n"
        "\n$ docker ps -a --no-trunc\n"
        "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"
        '4a1e3b2c9d10   nginx   "nginx"   5 minutes ago   Up 5 minutes   0.0.0.0:8080->80/tcp   web\n'
    )
    ended = call(capsys, "check", "8080", "--text", str(answer), "--no-replica")
    assert ended.status == 3
    assert "service-listens-on-container-loopback" in ended.out
