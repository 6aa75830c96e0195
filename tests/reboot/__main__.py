"""``python -m tests.reboot`` (root): ``make reboot``.

Prints a line for each kind of lasting part; the exit status is 1 if one of them fails, 2 if a host could not be asked.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from hairpin.errors import LabError
from hairpin.lab.prerequisites import require
from tests.guests.packages import cache_folder
from tests.guests.qemu import GuestError
from tests.machine.command import command
from tests.machine.run import emptied, ended, say, tell
from tests.reboot.booting import Boot, booting
from tests.reboot.fixed import fixed, hosts_of
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
    arguments = _arguments()
    kinds = frozenset(arguments.kinds.split(",")) if arguments.kinds else frozenset(row.part for row in ROWS)
    left = frozenset[str]() if arguments.emulated else kinds & _OWN_KERNEL
    reboots = [_only(reboot, kinds - left) for reboot in (hosts_of(REBOOTS) if arguments.fixed else REBOOTS)]
    require()
    boot = booting(emulated=arguments.emulated, mirror=arguments.mirror, suite=arguments.suite)
    # Each reboot has a host of its own: a table of nft that one scenario leaves would drop the next one's packets.
    carry = _fixed if arguments.fixed else _under_events if arguments.events else _rebooted
    found = (told for each in reboots if each.rows for told in _on_host(each, boot, arguments.keep, carry))
    if left:
        say(f"{', '.join(sorted(left))} needs a kernel of the host's own: --emulated")
    head = "" if arguments.events or arguments.fixed else _HEAD
    return tell(found, lambda each: each.lines, lambda each: each.status, head=head)


class Told(msgspec.Struct, frozen=True):
    """What became of a scenario: its lines, and the exit status."""

    lines: tuple[str, ...]
    status: int


def _only(reboot: Reboot, kinds: frozenset[str]) -> Reboot:
    """Return the reboot with the scenarios of these kinds alone."""
    return msgspec.structs.replace(reboot, rows=tuple(row for row in reboot.rows if row.part in kinds))


def _on_host(reboot: Reboot, boot: Boot, keep: Path, carry: Callable[[Host, Reboot], Iterable[Told]]) -> Iterator[Told]:
    """Carry the scenarios of one reboot out on a host of their own."""
    with boot(emptied(keep / f"{reboot.rows[0].part} {reboot.rows[0].scenario}".replace(" ", "-"))) as host:
        for each in MANAGED[reboot.machine]:
            host.must(each)
        try:
            yield from carry(host, reboot)
        except (GuestError, LabError) as error:
            parts = ", ".join(row.part for row in reboot.rows)
            yield Told((f"{parts} could not be carried through:", f"    {error}"), 2)


def _rebooted(host: Host, reboot: Reboot) -> Iterator[Told]:
    return (Told((_line(each),), int(bool(each.wrong))) for each in tried(host, reboot))


def _fixed(host: Host, reboot: Reboot) -> Iterator[Told]:
    """Apply and take back over three reboots."""
    return (Told(tuple(each.lines()), int(not each.holds)) for each in fixed(host, reboot))


def _under_events(host: Host, reboot: Reboot) -> Iterator[Told]:
    """Carry the events of the host's units out instead."""
    for row, trial in tried_under_events(host, reboot):
        came = "passes" if trial.passes else "as said" if trial.said else trial.outcome
        line = f"{row.part:<24} {row.scenario:<40} {trial.event:<20} {came}"
        yield Told((line, *(f"    {each}" for each in trial.wrong)), int(not trial.agrees))


def _line(found: Tried) -> str:
    causes = ", ".join(found.causes)
    line = (
        f"{found.part:<24} {found.scenario:<40} {causes:<30} {found.repaired:<10} {found.rebooted:<12}"
        f" {found.seconds:4.0f}"
    )
    return "\n".join((line, *(f"    {each}" for each in found.wrong)))


def _arguments() -> argparse.Namespace:
    parser = command("tests.reboot", "Reboot a host of each kind of lasting part.")
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
    sys.exit(ended(main))
