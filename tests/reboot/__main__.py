"""``python -m tests.reboot [--kinds a,b] [--fixed|--events] [--emulated]`` (root): ``make reboot``.

Prints a line for each kind of lasting part; the exit status is 1 if one of them fails, 2 if a host could not be asked.
"""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

import msgspec

from hairpin.errors import LabError
from hairpin.lab.prerequisites import require
from tests.guests.packages import PackageError, cache_folder
from tests.guests.qemu import GuestError
from tests.reboot.booting import Boot, booting
from tests.reboot.fixed import FixedRow, fixed, hosts_of
from tests.reboot.host import Host
from tests.reboot.parts import Part
from tests.reboot.scenarios import MANAGED, REBOOTS, ROWS, Reboot
from tests.reboot.trial import Tried, tried, tried_under_events
from tests.reboot.userland import SUITE

_OWN_KERNEL: frozenset[Part] = frozenset({"module"})
"""Kinds that only a host with a kernel of its own can show."""
_HEAD = f"{'lasting part':<24} {'scenario':<40} {'cause':<30} {'repaired':<10} {'after reboot':<12} {'s':>4}"


def main() -> int:
    """Carry the scenarios out; return the exit status."""
    signal.signal(signal.SIGTERM, _end)
    arguments = _arguments()
    kinds = frozenset(arguments.kinds.split(",")) if arguments.kinds else frozenset(row.part for row in ROWS)
    left = frozenset[str]() if arguments.emulated else kinds & _OWN_KERNEL
    reboots = [_only(reboot, kinds - left) for reboot in (hosts_of(REBOOTS) if arguments.fixed else REBOOTS)]
    started = time.monotonic()
    statuses, held = {0}, list[FixedRow]()
    try:
        require()
        boot = booting(emulated=arguments.emulated, mirror=arguments.mirror, suite=arguments.suite)
        _say("" if arguments.events or arguments.fixed else _HEAD)
        # Each reboot has a host of its own: a table of nft that one scenario leaves would drop the next one's packets.
        carry = partial(_fixed, held) if arguments.fixed else _under_events if arguments.events else _rebooted
        statuses.update(_status(each, boot, arguments.keep, carry) for each in reboots if each.rows)
    except (LabError, PackageError, GuestError) as error:
        _say(f"{error}")
        return 2
    except KeyboardInterrupt:
        return 130
    minutes = (time.monotonic() - started) / 60
    carried = f"{sum(len(each.rows) for each in reboots)} kinds"
    if arguments.fixed:
        carried = f"{len(held)} of {carried} hold"
    if left:
        carried += f" ({', '.join(sorted(left))} needs a kernel of the host's own: --emulated)"
    _say(f"{carried} in {minutes:.0f} minutes; the hosts' consoles are in {arguments.keep}")
    return max(statuses)


def _only(reboot: Reboot, kinds: frozenset[str]) -> Reboot:
    """Return the reboot with the scenarios of these kinds alone."""
    return msgspec.structs.replace(reboot, rows=tuple(row for row in reboot.rows if row.part in kinds))


def _status(reboot: Reboot, boot: Boot, keep: Path, carry: Callable[[Host, Reboot], bool]) -> int:
    """Carry the scenarios of one reboot out on a host of their own; return the exit status."""
    results = keep / f"{reboot.rows[0].part} {reboot.rows[0].scenario}".replace(" ", "-")
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    with boot(results) as host:
        for command in MANAGED[reboot.machine]:
            host.must(command)
        try:
            return int(carry(host, reboot))
        except (GuestError, LabError) as error:
            _say(f"{', '.join(row.part for row in reboot.rows)} could not be carried through:\n    {error}")
            return 2


def _rebooted(host: Host, reboot: Reboot) -> bool:
    """Reboot the host; return whether something is wrong."""
    found = tried(host, reboot)
    for each in found:
        _say(_line(each))
    return any(each.wrong for each in found)


def _fixed(held: list[FixedRow], host: Host, reboot: Reboot) -> bool:
    """Apply and take back over three reboots; return whether something is wrong.  ``held`` gets what is not."""
    found = fixed(host, reboot)
    for each in found:
        _say("\n".join(each.lines()))
    held += [each for each in found if each.holds]
    return not all(each.holds for each in found)


def _under_events(host: Host, reboot: Reboot) -> bool:
    """Carry the events of the host's units out instead; return whether something is wrong."""
    wrong = False
    for row, trial in tried_under_events(host, reboot):
        came = "passes" if trial.passes else "as said" if trial.said else trial.outcome
        _say("\n    ".join((f"{row.part:<24} {row.scenario:<40} {trial.event:<20} {came}", *trial.wrong)))
        wrong = wrong or not trial.agrees
    return wrong


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _line(found: Tried) -> str:
    causes = ", ".join(found.causes)
    line = (
        f"{found.part:<24} {found.scenario:<40} {causes:<30} {found.repaired:<10} {found.rebooted:<12}"
        f" {found.seconds:4.0f}"
    )
    return "\n".join((line, *(f"    {each}" for each in found.wrong)))


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End as after Ctrl-C, so that the guest and its network go."""
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Reboot a host of each kind of lasting part.")
    parser.add_argument("--kinds", default="", help="which, by comma")
    parser.add_argument("--events", action="store_true", help="carry the events of the units out, and reboot nothing")
    parser.add_argument(
        "--fixed", action="store_true", help="apply as another host, and take back; a reboot after the fault and each"
    )
    parser.add_argument("--suite", default=SUITE, help="the hosts' Debian")
    parser.add_argument("--emulated", action="store_true", help="boot a kernel of the host's own: minutes a boot")
    parser.add_argument(
        "--keep", type=Path, default=cache_folder("hosts") / "results", help="folder for consoles and commands"
    )
    parser.add_argument("--mirror", default=None, help="a Debian archive, where this machine's apt knows none")
    arguments = parser.parse_args()
    unknown = {each for each in arguments.kinds.split(",") if each} - {row.part for row in ROWS}
    if unknown:
        parser.error(f"no kind {', '.join(sorted(unknown))}: there are {', '.join(row.part for row in ROWS)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
