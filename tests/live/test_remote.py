"""Probes from another machine, with what it has: ssh is a script that runs the command here with few programs."""

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from hairpin.errors import UsageError
from hairpin.judges.observation import ProbeAttempt
from hairpin.live.probing import ProbeOrder
from hairpin.live.remote import address_towards, refuse_destination, send_from
from hairpin.message import Message

_SSH = """#!/bin/sh
test "$1" = -- || exit 255  # no option of hairpin's
exec env -i PATH={path} SSH_CONNECTION='192.0.2.1 1 192.0.2.2 22' /bin/sh -c "$3"
"""
_ALWAYS = ("sh", "sed", "sleep", "env")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder with the programs of the other machine."""
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (here / "ssh").write_text(_SSH.format(path=there))
    (here / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{here}:{os.environ['PATH']}")
    _install(there, *_ALWAYS)
    return there


def _install(folder: Path, *names: str) -> None:
    for name in names:
        found = sys.executable if name == "python3" else shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not here")
        (folder / name).symlink_to(found)


def probe(port: int, count: int = 2) -> tuple[str, tuple[ProbeAttempt, ...], Message | None]:
    return send_from("me@box", ProbeOrder("tcp", 4, "127.0.0.1", port, count, 63_000), lambda: None)


PROGRAMS: dict[str, tuple[str, ...]] = {
    "python3": ("python3",),
    "bash /dev/tcp": ("bash", "timeout"),
    "curl": ("curl",),
}


@pytest.mark.parametrize(("means", "programs"), PROGRAMS.items(), ids=PROGRAMS)
def test_what_is_there_is_used_and_said(means: str, programs: tuple[str, ...], machine: Path) -> None:
    _install(machine, *programs)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answered = probe(server.getsockname()[1])
        refused = probe(free.getsockname()[1])
    assert answered[0] == refused[0] == means
    assert [each.outcome for each in answered[1]] == ["answered"] * 2
    assert [each.outcome for each in refused[1]] == ["refused"] * 2
    assert (answered[2], refused[2]) == (None, None)


def test_a_machine_with_nothing_tries_nothing(machine: Path) -> None:
    del machine
    means, attempts, lacking = probe(9)
    assert (means, [each.outcome for each in attempts]) == ("none", ["could-not-try"] * 2)
    assert "none of python3, bash" in str(lacking)


def test_a_login_that_fails_says_why(machine: Path, tmp_path: Path) -> None:
    del machine
    (tmp_path / "here" / "ssh").write_text("#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n")
    assert probe(9)[1:] == (
        (),
        Message("{host}: {reason}", (("host", "me@box"), ("reason", "Permission denied (publickey)."))),
    )
    assert "Permission denied" in str(address_towards("me@box", "198.51.100.11"))


def test_the_address_is_that_of_the_way_or_of_the_login(machine: Path) -> None:
    assert address_towards("me@box", "127.0.0.1") == (4, 0xC0000202)
    _install(machine, "ip")
    assert address_towards("me@box", "127.0.0.1") == (4, 0x7F000001)


@pytest.mark.parametrize("wrong", ("", "-oProxyCommand=x", "me@box rm"))
def test_what_is_no_destination(wrong: str) -> None:
    with pytest.raises(UsageError, match="probe-from"):
        refuse_destination(wrong)
