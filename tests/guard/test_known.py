"""What /proc says of a process: a folder that looks like it, and this process."""

import os

import pytest

from hairpin.guard import known
from hairpin.guard.known import known_of

ID = "0123456789ab" + "c" * 52
FILES = {
    "cmdline": b"/bin/sh\0-c\0true\0",
    "stat": b"77 (a (b) c) S 12 77 77 34816 77 4194304 0",
    "cgroup": b"0::/system.slice/nightly.service\n",
    "loginuid": b"1000",
    "environ": b"TOKEN=secret\0TRIGGER_UNIT=nightly.timer\0SSH_CONNECTION=192.0.2.7 4 192.0.2.1 22\0",
}
CGROUPS = {
    f"0::/system.slice/docker-{ID}.scope": ("docker-" + ID + ".scope", "0123456789ab"),
    f"4:memory:/docker/{ID}\n0::/": ("", "0123456789ab"),
    f"0::/machine.slice/libpod-{ID}.scope/container": (f"libpod-{ID}.scope", "0123456789ab"),
    f"0::/some.slice/{ID}": ("", "0123456789ab"),
    "0::/user.slice/user-1000.slice/session-3.scope": ("session-3.scope", ""),
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/own.service": ("own.service", ""),
    "1:name=systemd:/system.slice/cron.service\n0::/": ("cron.service", ""),
    "0::/": ("", ""),
}


def told(monkeypatch: pytest.MonkeyPatch, **changed: bytes) -> known.KnownProcess:
    files = FILES | changed
    monkeypatch.setattr(known, "_beginning", lambda path: files[path.rpartition("/")[2]])
    found = known_of(77)
    assert found is not None
    return found


def test_all_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(monkeypatch)
    assert (found.name, found.parent, found.command) == ("a (b) c", 12, "/bin/sh -c true")
    assert (found.unit, found.login, found.terminal) == ("nightly.service", 1000, "pts/0")
    assert (found.trigger, found.client) == ("nightly.timer", "192.0.2.7")
    assert "secret" not in str(found)


@pytest.mark.parametrize(("cgroup", "where"), CGROUPS.items())
def test_the_unit_and_the_container(cgroup: str, where: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(monkeypatch, cgroup=cgroup.encode())
    assert (found.unit, found.container) == where


def test_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(monkeypatch, loginuid=b"4294967295", cgroup=b"0::/")
    assert (found.login, found.client, found.trigger) == (None, "", "")


def test_this_process_and_none() -> None:
    found = known_of(os.getpid())
    assert found is not None
    assert found.parent == os.getppid()
    assert known_of(1 << 22) is None
