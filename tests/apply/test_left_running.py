"""A command that outlives the process that began it is waited for; one that only looks like it is not."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from hairpin.apply.left_running import wait_ended
from hairpin.change.calls import AllowInUfw, OwnersCall, SetUnitState
from hairpin.change.step import Ask

UFW = AllowInUfw(80, "tcp")


def step(call: OwnersCall, back: OwnersCall) -> Ask:
    return Ask(host="host", call=call, undo=(Ask(host="host", call=back, undo=()),))


@pytest.mark.parametrize(("words", "waits"), (
    (("ufw", "allow", "80/tcp"), True),
    (("/usr/bin/python3", "/usr/sbin/ufw", "allow", "80/tcp"), True),
    (("ufw", "delete", "allow", "80/tcp"), True),
    (("ufw", "allow", "81/tcp"), False),
    (("allow", "80/tcp"), False),
    (("systemctl", "start", "ufw"), False),
))  # fmt: skip
def test_a_command_of_the_step_or_of_its_undo(words: tuple[str, ...], *, waits: bool, tmp_path: Path) -> None:
    process = tmp_path / "4711"
    process.mkdir()
    (process / "cmdline").write_bytes(b"".join(each.encode() + b"\0" for each in words))
    began = time.monotonic()
    assert wait_ended(step(UFW, AllowInUfw(80, "tcp", deleted=True)), tmp_path, 0.3) is waits
    assert (time.monotonic() - began > 0.25) is waits


def test_it_is_waited_for_until_it_ends(tmp_path: Path) -> None:
    fake = tmp_path / "systemctl"
    fake.write_text("#!/bin/sh\nsleep 0.7\n", "utf-8")
    fake.chmod(0o700)
    asked = step(SetUnitState("start", "a-unit.service"), SetUnitState("stop", "a-unit.service"))
    with subprocess.Popen((str(fake), "start", "a-unit.service")) as process:
        until = time.monotonic() + 5
        while b"a-unit" not in Path(f"/proc/{process.pid}/cmdline").read_bytes() and time.monotonic() < until:
            time.sleep(0.01)
        assert wait_ended(asked)
        assert os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1]) == 0
        process.returncode = 0
    assert not wait_ended(asked)
