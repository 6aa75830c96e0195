"""``python -m tests.matrix.guests`` (root): events on hosts with systemd.

The exit status is 1 if a flow, or a part of a host's state, was foretold wrongly, 2 if a host could not be asked.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hairpin.events.event import EventId
from hairpin.events.registry import event_of
from hairpin.lab.prerequisites import require
from tests.guests.packages import cache_folder
from tests.guests.qemu import GuestError
from tests.machine.command import command
from tests.machine.run import emptied, ended, tell
from tests.matrix.guests.boots import BOOTS
from tests.matrix.guests.kinds import COMMANDS, KINDS, Kind
from tests.matrix.guests.trial import Cell, Trial, dhcp_served, prepare, tried
from tests.reboot.booting import Boot, booting
from tests.reboot.host import Host
from tests.reboot.userland import SUITE

_ALL_KINDS: Mapping[str, Kind] = {**KINDS, **BOOTS}


def main() -> int:
    """Try the events; return the exit status."""
    parser = command("tests.matrix.guests", "Foretell events on hosts with systemd, and carry them out.")
    parser.add_argument("--kinds", default="", help=f"which, by semicolon: {'; '.join(KINDS)}")
    parser.add_argument("--events", default="", help="which, by comma")
    parser.add_argument("--together", action="store_true", help="on one host what needs no preparation of its own")
    parser.add_argument("--native", action="store_true", help="on this machine's kernel: no udev names links there")
    parser.add_argument("--suite", default=SUITE, help="the hosts' Debian")
    parser.add_argument("--keep", type=Path, default=cache_folder("hosts") / "events", help="folder for the consoles")
    parser.add_argument("--mirror", default=None, help="a Debian archive, where this machine's apt knows none")
    return tell(_trials(parser.parse_args()), _lines, _is_wrong, table=_table)


def _trials(arguments: argparse.Namespace) -> Iterator[Trial]:
    words = [each for each in arguments.kinds.split(";") if each]
    names = [name for name in _ALL_KINDS if not words or name in words]
    require()
    boot = booting(emulated=not arguments.native, mirror=arguments.mirror, suite=arguments.suite)
    for group in _groups(names, together=arguments.together):
        yield from _on_host(group, arguments.events.split(","), boot, arguments.keep)


def _is_wrong(trial: Trial) -> bool:
    return bool(trial.differs or trial.trouble) or not all(cell.right for cell in trial.cells)


def _table(trials: Sequence[Trial]) -> Iterator[str]:
    same = [each for each in trials if not each.differs and not each.trouble]
    cells = [cell for each in trials for cell in each.cells]
    changing = [cell for cell in cells if cell.before is not cell.passes]
    yield (
        f"cells: {_right(cells)}; of those that change: {_right(changing)}; baseline (nothing changes):"
        f" {len(cells) - len(changing)}; states as foretold: {len(same)} of {len(trials)},"
        f" {sum(not each.order for each in same)} with the containers' order"
    )


def _right(cells: list[Cell]) -> str:
    return f"{sum(each.right for each in cells)} of {len(cells)} right"


def _groups(names: list[str], *, together: bool) -> list[list[str]]:
    """Return the kinds of each host: if ``together``, one for all kinds that need no preparation, one after another."""
    alike = [name for name in names if together and not _ALL_KINDS[name].setup]
    return [*([alike] if alike else []), *([name] for name in names if name not in alike)]


def _on_host(names: list[str], events: list[str], boot: Boot, keep: Path) -> Iterator[Trial]:
    kinds = [_ALL_KINDS[name] for name in names]
    wanted: list[tuple[EventId, ...]] = [
        tuple(each for each in kind.events if events == [""] or events.count(each)) for kind in kinds
    ]
    if not any(wanted):
        return
    results = emptied(keep / names[0].replace(" ", "-").replace(",", ""))
    name = names[0]
    try:
        with boot(results) as host, dhcp_served(host):
            prepare(host, kinds[0].setup)
            for name, kind, own in zip(names, kinds, wanted, strict=True):
                _carry_out(host, kind.late)
                for event in (event_of(each) for each in own):
                    yield tried(host, name, event, COMMANDS.get(event.id, ""))
                _carry_out(host, kind.undo if name != names[-1] else ())
    except GuestError as error:
        yield Trial(name, "", trouble=str(error))


def _carry_out(host: Host, commands: tuple[str, ...]) -> None:
    for each in commands:
        host.must(each)


def _lines(trial: Trial) -> Iterator[str]:
    right = sum(cell.right for cell in trial.cells)
    changes = sum(cell.before is not cell.passes for cell in trial.cells)
    counts = f"{right}/{len(trial.cells)} right, {changes} change, {len(trial.differs)} differ"
    yield f"{trial.kind}, {trial.event}: {counts} {trial.trouble}"
    for cell in trial.cells:
        if not cell.right:
            yield f"    {cell.flow}: foretold {cell.foretold}, {'passes' if cell.passes else 'fails'}"
    for flow in trial.aside:
        yield f"    {flow}: no cell, it walks otherwise than it goes before the event"
    for chain in trial.order:
        yield f"    {chain}: containers' rules in another order"
    for line in (*trial.said, *(f"  {each}" for each in trial.differs)):
        yield f"    {line}"


if __name__ == "__main__":
    sys.exit(ended(main))
