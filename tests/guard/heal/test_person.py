"""Who is a person at a login, and who is a program."""

import os
from pathlib import Path

from hairpin.guard.change import Culprit
from hairpin.guard.heal.person import TYPED_S, is_known, is_persons, somebody_types
from tests.rows import each_row

PERSONS = (
    Culprit(7, "iptables", "iptables -F", ("bash", "sshd"), login=1000),
    Culprit(7, "iptables", "iptables -F", ("bash", "sshd")),
    Culprit(7, "nft", "nft flush ruleset", ("bash", "tmux: server")),
    Culprit(7, "nft", "nft flush ruleset", unit="session-3.scope"),
    Culprit(7, "nft", "nft flush ruleset", unit="user@1000.service"),
    Culprit(7, "sudo", "sudo sysctl -w net.ipv4.ip_forward=0", ("bash",)),
)
PROGRAMS = (
    Culprit(7, "iptables", "iptables -F", ("sh", "cron"), "cron.service"),
    Culprit(7, "dockerd", "/usr/bin/dockerd", unit="docker.service"),
    Culprit(7, "sh", "sh -c echo", unit="container 0123456789ab"),
    Culprit(0, "nft"),
)


@each_row("culprit", PERSONS)
def test_a_person(culprit: Culprit) -> None:
    assert is_persons(culprit)


@each_row("culprit", PROGRAMS)
def test_a_program(culprit: Culprit) -> None:
    assert not is_persons(culprit)


def test_only_a_name_is_not_known() -> None:
    assert not is_known(Culprit(12, "nft"))
    assert is_known(PROGRAMS[0])


def test_somebody_types_at_a_terminal(tmp_path: Path) -> None:
    pts = tmp_path / "pts"
    pts.mkdir()
    assert not somebody_types(pts, 1e6)
    terminal = pts / "3"
    terminal.touch()
    os.utime(terminal, (1e6, 1e6))
    assert somebody_types(pts, 1e6 + TYPED_S - 1)
    assert not somebody_types(pts, 1e6 + TYPED_S + 1)
