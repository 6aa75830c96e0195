"""Installs the systemd unit that runs a guard, and removes it."""

import os
import shutil
from pathlib import Path

from hairpin.carry.act import Act
from hairpin.carry.files import state_of
from hairpin.carry.run import do
from hairpin.cli.docker.link import this_file
from hairpin.cli.expect import read_expectations
from hairpin.cli.face.output import words, write
from hairpin.errors import UsageError
from hairpin.expect.expectation import Expectations
from hairpin.expect.file import DEFAULT
from hairpin.guard.telling.webhook_file import require_webhook
from hairpin.guard.unit import HEALED, NAME, PATH, installing, removing, unit_text
from hairpin.message import Message, message


def install(file: str | None, *, printing: bool, lang: str | None) -> int:
    """Write the unit and start it; with ``printing``, only print it.  Raises UsageError."""
    path = str(Path(file or DEFAULT).absolute())
    program = shutil.which("hairpin") or str(this_file())
    expected = read_expectations(path) if not printing or Path(path).exists() else Expectations(())
    metrics = expected.guard.metrics_file
    heals = any(each.on_break == "heal" for each in expected.each)
    folders = ((str(Path(metrics).parent),) if metrics else ()) + (HEALED if heals else ())
    text = unit_text(program, path, folders)
    if printing:
        write(text)
        return 0
    for alert in expected.alerts:
        require_webhook(alert)
    if not Path("/run/systemd/system").is_dir():
        run = f"{program} guard run {path}"
        raise UsageError(message("systemd does not run here: let your init start `{command}`", command=run))
    for act in installing(state_of(Path(PATH)), text):
        _do(act, message("root installs a unit: `sudo hairpin guard install`"))
    write(words(lang)(message("{unit} runs, and starts at boot ({path})", unit=NAME, path=PATH)))
    return 0


def remove(lang: str | None) -> int:
    """Stop the unit's guard and remove the unit.  What guards have seen stays.  Raises UsageError."""
    before = state_of(Path(PATH))
    if before is None:
        write(words(lang)(message("there is no unit {path}", path=PATH)))
        return 0
    for act in removing(before):
        _do(act, message("root removes a unit: `sudo hairpin guard remove`"))
    write(words(lang)(message("{unit} is stopped and removed", unit=NAME)))
    return 0


def _do(act: Act, way_out: Message) -> None:
    if os.geteuid() != 0:
        raise UsageError(way_out)
    done = do(act)
    if done.complaint is not None:
        raise UsageError(done.complaint)
