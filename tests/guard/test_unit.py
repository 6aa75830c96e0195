"""The unit that runs the guard, and what the guard tells systemd."""

import configparser
import socket
from pathlib import Path

import pytest

from hairpin.carry.act import Command, FileState, Replace
from hairpin.guard.unit import NAME, PATH, installing, notify, removing, unit_text


def test_the_unit_is_one_that_systemd_reads() -> None:
    found = configparser.ConfigParser(interpolation=None)  # which knows a key by its small letters
    found.read_string(unit_text("/usr/bin/hairpin", "/etc/hairpin/expect.toml"))
    assert found["Service"]["execstart"] == "/usr/bin/hairpin guard run /etc/hairpin/expect.toml"
    assert found["Unit"]["conditionpathexists"] == "/etc/hairpin/expect.toml"
    assert "CAP_SYS_ADMIN" in found["Service"]["capabilityboundingset"].split()
    assert found["Install"]["wantedby"] == "multi-user.target"


def test_paths_that_systemd_would_read_otherwise() -> None:
    text = unit_text("/opt/my tools/hairpin", "/srv/50%/$x.toml")
    assert 'ExecStart="/opt/my tools/hairpin" guard run /srv/50%%/$$x.toml\n' in text
    assert "ConditionPathExists=/srv/50%%/$x.toml\n" in text
    assert "ConditionFileIsExecutable=/opt/my tools/hairpin\n" in text


def test_it_is_stopped_and_removed() -> None:
    stopped, removed, _ = removing(FileState("text"))
    assert isinstance(stopped, Command)
    assert stopped.argv == ("systemctl", "disable", "--now", NAME)
    assert removed == Replace(PATH, FileState("text"), None)


def test_it_is_written_and_started() -> None:
    written, *commands = installing(None, "text")
    assert isinstance(written, Replace)
    assert (written.path, written.before) == (PATH, None)
    assert [each.argv[1:] for each in commands if isinstance(each, Command)] == [
        ("daemon-reload",), ("enable", NAME), ("restart", NAME),
    ]  # fmt: skip


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(place)
        monkeypatch.setenv("NOTIFY_SOCKET", place)
        notify("READY=1")
        assert heard.recv(100) == b"READY=1"
    notify("READY=1")  # nobody listens any more


@pytest.mark.parametrize("place", ("", "relative", "/nowhere/at/all"))
def test_without_systemd_nothing_is_told(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", place)
    notify("READY=1")
