"""``python -m tests.matrix.guests [--kinds WORD,…] [--events ID,…]`` (root): events on hosts with systemd.

The exit status is 1 if a flow, or a part of a host's state, was foretold wrongly, 2 if a host could not be asked.
"""

import argparse
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hairpin.errors import LabError
from hairpin.events.event import EventId
from hairpin.events.registry import event_of
from hairpin.lab.prerequisites import require
from tests.guests.packages import PackageError, cache_folder
from tests.guests.qemu import GuestError
from tests.matrix.guests.boots import BOOTS
from tests.matrix.guests.kinds import COMMANDS, KINDS
from tests.matrix.guests.trial import Cell, Trial, dhcp_served, prepare, tried
from tests.reboot.booting import Boot, booting
from tests.reboot.host import Host
from tests.reboot.userland import SUITE


def main() -> int:
    """Try the events; return the exit status."""
    signal.signal(signal.SIGTERM, _end)
    arguments = _arguments()
    words = [each for each in arguments.kinds.split(";") if each]
    kinds = {**KINDS, **BOOTS}
    names = [name for name in kinds if not words or name in words]
    trials: list[Trial] = []
    try:
        require()
        boot = booting(emulated=not arguments.native, mirror=arguments.mirror, suite=arguments.suite)
        for group in _groups(names, together=arguments.together):
            trials += _on_host(group, arguments.events.split(","), boot, arguments.keep)
    except (LabError, PackageError) as error:
        _say(f"{error}")
        return 2
    except KeyboardInterrupt:
        return 130
    same = sum(not each.differs and not each.trouble for each in trials)
    exact = sum(not each.differs and not each.trouble and not each.order for each in trials)
    cells = [cell for each in trials for cell in each.cells]
    changing = [cell for cell in cells if cell.before is not cell.passes]
    _say(
        f"cells: {_right(cells)}; of those that change: {_right(changing)}; baseline (nothing changes):"
        f" {len(cells) - len(changing)}; states as foretold: {same} of {len(trials)},"
        f" {exact} with the containers' order"
    )
    return int(same < len(trials) or not all(cell.right for cell in cells))


def _right(cells: list[Cell]) -> str:
    return f"{sum(each.right for each in cells)} of {len(cells)} right"


def _groups(names: list[str], *, together: bool) -> list[list[str]]:
    """Return the kinds of each host: if ``together``, one for all kinds that need no preparation, one after another."""
    kinds = {**KINDS, **BOOTS}
    alike = [name for name in names if together and not kinds[name].setup]
    return [*([alike] if alike else []), *([name] for name in names if name not in alike)]


def _on_host(names: list[str], events: list[str], boot: Boot, keep: Path) -> list[Trial]:
    kinds = [{**KINDS, **BOOTS}[name] for name in names]
    wanted: list[tuple[EventId, ...]] = [
        tuple(each for each in kind.events if events == [""] or events.count(each)) for kind in kinds
    ]
    if not any(wanted):
        return []
    results = keep / names[0].replace(" ", "-").replace(",", "")
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    trials: list[Trial] = []
    name = names[0]
    try:
        with boot(results) as host, dhcp_served(host):
            prepare(host, kinds[0].setup)
            for name, kind, own in zip(names, kinds, wanted, strict=True):
                _carry_out(host, kind.late)
                for event in (event_of(each) for each in own):
                    trials.append(tried(host, name, event, COMMANDS.get(event.id, "")))
                    _tell(trials[-1])
                _carry_out(host, kind.undo if name != names[-1] else ())
    except GuestError as error:
        trials.append(Trial(name, "", trouble=str(error)))
        _tell(trials[-1])
    return trials


def _carry_out(host: Host, commands: tuple[str, ...]) -> None:
    for command in commands:
        host.must(command)


def _tell(trial: Trial) -> None:
    right = sum(cell.right for cell in trial.cells)
    changes = sum(cell.before is not cell.passes for cell in trial.cells)
    counts = f"{right}/{len(trial.cells)} right, {changes} change, {len(trial.differs)} differ"
    _say(f"{trial.kind}, {trial.event}: {counts} {trial.trouble}")
    for cell in trial.cells:
        if not cell.right:
            _say(f"    {cell.flow}: foretold {cell.foretold}, {'passes' if cell.passes else 'fails'}")
    for flow in trial.aside:
        _say(f"    {flow}: no cell, it walks otherwise than it goes before the event")
    for chain in trial.order:
        _say(f"    {chain}: containers' rules in another order")
    for line in (*trial.said, *(f"  {each}" for each in trial.differs)):
        _say(f"    {line}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End as after Ctrl-C, so that the guest and its network go."""
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Foretell events on hosts with systemd, and carry them out.")
    parser.add_argument("--kinds", default="", help=f"which, by semicolon: {'; '.join(KINDS)}")
    parser.add_argument("--events", default="", help="which, by comma")
    parser.add_argument("--together", action="store_true", help="on one host what needs no preparation of its own")
    parser.add_argument("--native", action="store_true", help="on this machine's kernel: no udev names links there")
    parser.add_argument("--suite", default=SUITE, help="the hosts' Debian")
    parser.add_argument("--keep", type=Path, default=cache_folder("hosts") / "events", help="folder for the consoles")
    parser.add_argument("--mirror", default=None, help="a Debian archive, where this machine's apt knows none")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
