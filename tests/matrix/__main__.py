"""``python -m tests.matrix [--host WORD…] [--event ID…]``: events foretold, then carried out, on lab hosts (root)."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from multiprocessing import Pool

import msgspec

from hairpin.events.registry import all_events
from hairpin.lab.plan import ContainerPlan, LabPlan
from tests.matrix.happening import COMMANDS
from tests.matrix.hosts import EVENT_HOSTS
from tests.matrix.trial import Trial, try_event


def main() -> int:
    """Try the events on the hosts; the exit status is 1 if a cell was foretold wrongly."""
    arguments = _arguments()
    names = [name for name in EVENT_HOSTS if not arguments.host or any(word in name for word in arguments.host)]
    events = [
        each.id for each in all_events() if each.id in COMMANDS and (each.id in arguments.event or not arguments.event)
    ]
    wanted = [(name, event) for name in names for event in events]
    trials: list[Trial] = []
    with Pool(arguments.parallel, maxtasksperchild=10) as pool:
        for trial in pool.imap_unordered(_try, wanted):
            trials.append(trial)
            _tell(trial, rules=arguments.rules)
    _summary(trials)
    return int(any(not cell.right for trial in trials for cell in trial.cells))


def _try(wanted: tuple[str, str]) -> Trial:
    name, event = wanted
    return try_event(name, _restarting(EVENT_HOSTS[name]()), next(each for each in all_events() if each.id == event))


def _restarting(plan: LabPlan) -> LabPlan:
    """Return the plan in which every other container of each engine has a restart policy."""
    seen: Counter[str] = Counter()
    containers: list[ContainerPlan] = []
    for box in plan.containers:
        policy = "always" if box.engine == "podman" else "unless-stopped"
        chosen = seen[box.engine] % 2 == 0
        seen[box.engine] += 1
        options = f"--restart {policy} {box.options}" if chosen else box.options
        containers.append(msgspec.structs.replace(box, options=options))
    return msgspec.structs.replace(plan, containers=tuple(containers))


def _tell(trial: Trial, *, rules: bool) -> None:
    right, changing = (sum(getattr(cell, what) for cell in trial.cells) for what in ("right", "changes"))
    line = f"{right}/{len(trial.cells)} right, {changing} change, {len(trial.differs)} differ {trial.trouble}"
    print(f"{trial.host}, {trial.event}: {line}", flush=True)
    for cell in trial.cells:
        if not cell.keeps_right:
            print(f"    open {cell.flow}: foretold {cell.fate}, {'goes on' if cell.held else 'breaks'}", flush=True)
        if not cell.right:
            print(f"    {cell.flow}: foretold {cell.foretold}, {'passes' if cell.passes else 'fails'}", flush=True)
    for each in trial.differs[: 200 if rules else 6]:
        print(f"      {each}", flush=True)


def _summary(trials: Iterable[Trial]) -> None:
    cells = [cell for trial in trials for cell in trial.cells]
    for name, some in (("cells", cells), ("that change", [cell for cell in cells if cell.changes])):
        print(f"{name}: {sum(cell.right for cell in some)} of {len(some)} right")
    open_ones = [cell for cell in cells if cell.held is not None]
    kept, lost = (sum(getattr(cell, what) for cell in open_ones) for what in ("keeps_right", "held"))
    depend = sum(cell.fate == "depends" for cell in open_ones)
    print(f"open connections: {kept} of {len(open_ones)} right, {len(open_ones) - lost} break, {depend} depend")
    untrue = sum(not cell.right and not cell.passes for cell in cells)
    made = [trial for trial in trials if not trial.trouble]
    same = sum(not each.differs for each in made)
    print(f"foretold as delivered, and failed: {untrue}; states as foretold: {same} of {len(made)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Foretell events and carry them out.")
    parser.add_argument("--host", action="append", default=[])
    parser.add_argument("--event", action="append", default=[])
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--rules", action="store_true", help="print every difference")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
