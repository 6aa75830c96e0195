"""``python -m tests.reboot.guarded DEB`` (root): a guard that a package brings, on a host with its own systemd.

The package is installed, its guard started, the host rebooted, the package upgraded and purged.  Before, between and
behind these a unit of the host sets ip_forward to 0, and the guard has to tell what broke and which unit did it.
Prints a line for each step; the exit status is 1 if one of them fails.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from hairpin.lab.prerequisites import require
from tests.guests.packages import cache_folder
from tests.guests.qemu import GuestError
from tests.machine.command import command
from tests.machine.run import emptied, ended, tell
from tests.packages.debian import older_deb
from tests.reboot.booting import booting
from tests.reboot.host import Host
from tests.reboot.userland import SUITE

PATIENCE_S = 60.0
_BREAKER = "resetter.service"
_FORWARDING = "/proc/sys/net/ipv4/ip_forward"
_LEFT = "/etc/systemd/system/hairpin-guard.service /var/lib/hairpin/guard.db* /usr/bin/hairpin"


class Step(msgspec.Struct, frozen=True):
    """What was done, and what was wrong with it."""

    name: str
    wrong: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the lines of a report."""
        yield f"{'WRONG' if self.wrong else 'right'}  {self.name}"
        yield from (f"       {each}" for each in self.wrong)


def main() -> int:
    """Carry the steps out; return the exit status."""
    parser = command("tests.reboot.guarded", "Install, reboot, upgrade and purge a package's guard.")
    parser.add_argument("deb", type=Path, help="the package that `make dist` has made")
    parser.add_argument("--suite", default=SUITE, help="the host's Debian")
    arguments = parser.parse_args()
    require()
    return tell(_steps(arguments.deb, arguments.suite), Step.lines, lambda each: int(bool(each.wrong)))


def _steps(package: Path, suite: str) -> Iterator[Step]:
    with (
        tempfile.TemporaryDirectory() as folder,
        booting(emulated=False, suite=suite)(emptied(cache_folder("hosts") / "guarded")) as host,
    ):
        shutil.copy(older_deb(package, Path(folder)), host.talk / "old.deb")
        shutil.copy(package, host.talk / "new.deb")
        host.must("docker run -d --restart always --name web -p 8151:80 hairpin-lab httpd -f -p 80")
        yield from _life(host)


def _life(host: Host) -> Iterator[Step]:
    yield _step("install", lambda: _install(host))
    yield _step("a change is told", lambda: _told(host))
    process = _status(host).get("process")
    yield _step("reboot", lambda: [*host.reboot(), *_runs(host, process)])
    yield _step("a change is told after the reboot", lambda: _told(host))
    process = _status(host).get("since")
    host.must("dpkg -i /run/talk/new.deb")
    yield _step("upgrade", lambda: _runs_anew(host, process))
    yield _step("a change is told after the upgrade", lambda: _told(host))
    yield _step("purge", lambda: _purge(host))


def _step(name: str, act: Callable[[], list[str]]) -> Step:
    try:
        return Step(name, tuple(act()))
    except GuestError as error:
        return Step(name, (str(error),))


def _install(host: Host) -> list[str]:
    host.must("dpkg -i /run/talk/old.deb && hairpin expect init && hairpin guard install")
    return [*_runs(host, None), *_failed(host)]


def _status(host: Host) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(host.run("hairpin guard status --json").output or "{}")
    return found


def _runs(host: Host, before: int | None) -> list[str]:
    """Wait for a guard that is another process than the one before; return what is wrong with it."""
    status: dict[str, Any] = {}

    def is_there() -> bool:
        nonlocal status
        status = _status(host)
        return bool(status.get("runs")) and status["process"] != before and status["expectations"] > 0

    if not _wait(is_there):
        return [f"no guard runs: {status}", host.run("journalctl -u hairpin-guard --no-pager | tail -20").output]
    return [f"blind: {each}" for each in status["blind"]]


def _runs_anew(host: Host, since: str | None) -> list[str]:
    if not _wait(lambda: _status(host).get("since") != since):
        return ["the guard goes on with the old program"]
    return [*_runs(host, None), *_failed(host)]


def _told(host: Host) -> list[str]:
    """Let a unit break an expectation, and mend it; return what the guard does not tell of it."""
    before = len(_history(host))
    host.must(f"systemd-run --quiet --wait --collect --unit={_BREAKER} sh -c 'echo 0 >{_FORWARDING}'")
    _wait(lambda: any(each["broke"] for each in _history(host)[before:]))
    host.must(f"echo 1 >{_FORWARDING}")
    mended = _wait(lambda: any(each["mended"] for each in _history(host)[before:]))
    lines = _history(host)[before:]
    broke = [each for each in lines if each["broke"]]
    units = {each["culprit"]["unit"] for line in broke for each in line["changes"] if each["culprit"] is not None}
    wrong = [] if broke else ["nothing broke"]
    wrong += [] if mended else ["nothing was mended"]
    return wrong if units == {_BREAKER} or not broke else [*wrong, f"by {units}, and not by {_BREAKER}"]


def _history(host: Host) -> list[dict[str, Any]]:
    return [json.loads(line) for line in host.must("hairpin guard history --json").splitlines()]


def _purge(host: Host) -> list[str]:
    host.must("dpkg -P hairpin")
    left = host.run(f"ls -d {_LEFT} 2>/dev/null").output.split()
    runs = host.run("pgrep -af '[h]airpin guard'").output.splitlines()
    return [*(f"left: {each}" for each in left), *(f"still runs: {each}" for each in runs), *_failed(host)]


def _failed(host: Host) -> list[str]:
    """Return the host's units that have failed, and those that systemd does not find any more."""
    said = host.must("systemctl list-units --failed --plain --no-legend 'hairpin*'").splitlines()
    return [f"systemd says: {each}" for each in said]


def _wait(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    sys.exit(ended(main))
