"""What dockerd's log says of the firewall at its start (lines of dockerd 20.10 and 28)."""

from pathlib import Path

import pytest

from hairpin.guard.sources import start_log
from hairpin.guard.sources.start_log import StartLog, warnings

LOG = """\
time="2026-11-30T09:00:00Z" level=info msg="Starting up"
time="2026-11-30T09:00:01Z" level=info msg="Firewalld: created docker-forwarding policy"
time="2026-11-30T09:00:01Z" level=warning msg="Running modprobe bridge br_netfilter failed"
time="2026-11-30T09:00:01Z" level=warning msg="could not create bridge network: iptables failed: iptables --wait"
time="2026-11-30T09:00:02Z" level=info msg="Default bridge (docker0) is assigned with an IP address 172.17.0.0/16."
time="2026-11-30T09:00:02Z" level=info msg="API listen on /run/docker.sock"
"""


def test_lines_that_warn_of_the_firewall() -> None:
    assert [each.partition("msg=")[2].split()[0] for each in warnings(LOG)] == [
        '"Firewalld:', '"Running', '"could',
    ]  # fmt: skip
    assert warnings(LOG.replace("warning", "info").replace("failed", "done").replace("Firewalld", "")) == []


def test_a_file_is_read_where_there_is_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "docker.log"
    place.write_text(LOG)
    monkeypatch.setattr(start_log, "_FILES", (place,))
    log = StartLog()
    log.begin(0)
    assert log.descriptors()
    assert list(log.lines()) == []  # there may be more
    assert len(list(log.lines())) == 3
    assert log.descriptors() == ()


def test_without_a_log_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_log, "_FILES", (tmp_path / "none",))
    log = StartLog()
    log.begin(0)
    assert (log.descriptors(), list(log.lines())) == ((), [])
