"""``python -m tests.matrix [--host WORD…] [--event ID…] [--each N --seed S]``: events foretold, and done (root).

``--each``: not all hosts, but N for each event, drawn by chance from those on which it can happen.
"""

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from multiprocessing import Pool
from subprocess import SubprocessError

import msgspec

from hairpin.errors import HairpinError
from hairpin.events.event import EVENT_IDS, EventId
from hairpin.lab.plan import ContainerPlan, LabPlan
from tests.matrix.choosing import Draw
from tests.matrix.compare import ORDER
from tests.matrix.hosts import EVENT_HOSTS
from tests.matrix.trial import IMPOSSIBLE, Trial, try_event
from tests.score.happening import is_tried


def main() -> int:
    """Try the events on the hosts; the exit status is 1 if a cell was foretold wrongly."""
    arguments = _arguments()
    names = [name for name in EVENT_HOSTS if not arguments.host or any(word in name for word in arguments.host)]
    events: list[EventId] = [
        each for each in EVENT_IDS if is_tried(each) and (each in arguments.event or not arguments.event)
    ]
    seed = arguments.seed if arguments.seed is not None else time.time_ns() % 100_000
    each = arguments.each or len(names)
    draw = Draw(events, names, each, seed)
    if arguments.each:
        print(f"{each} hosts for each of {len(events)} events, seed {seed}", flush=True)
    trials: list[Trial] = []
    with Pool(arguments.parallel, maxtasksperchild=10) as pool:
        while wanted := list(draw.round()):
            for trial in pool.imap_unordered(_try, wanted):
                trials.append(trial)
                if not trial.trouble:
                    draw.made(trial.event)
                _tell(trial, rules=arguments.rules)
    _summary(trials)
    return int(any(not cell.right and cell.foretold != "depends" for trial in trials for cell in trial.cells))


def _try(wanted: tuple[str, EventId]) -> Trial:
    name, event = wanted
    try:
        return try_event(name, _restarting(EVENT_HOSTS[name]()), event)
    except (HairpinError, SubprocessError, OSError, ValueError, LookupError, AssertionError):  # the others go on
        return Trial(name, event, trouble=traceback.format_exc()[-2000:])


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
    for flow in trial.misread:
        print(f"    left out, {flow}", flush=True)
    for condition in trial.conditions:
        print(f"    if {condition}", flush=True)
    for each in trial.differs[: 200 if rules else 6]:
        print(f"      {each}", flush=True)


def _summary(trials: Sequence[Trial]) -> None:
    cells = [cell for trial in trials for cell in trial.cells]
    changing = [cell for cell in cells if cell.changes]
    for name, some in (("cells", cells), ("that change", changing)):
        print(f"{name}: {sum(cell.right for cell in some)} of {len(some)} right")
    # Who says that nothing changes is right in no cell that does.
    print(f'"nothing changes": {len(cells) - len(changing)} of {len(cells)} right, 0 of {len(changing)} that change')
    open_ones = [cell for cell in cells if cell.held is not None]
    kept, lost = (sum(getattr(cell, what) for cell in open_ones) for what in ("keeps_right", "held"))
    depend = sum(cell.fate == "depends" for cell in open_ones)
    print(f"open connections: {kept} of {len(open_ones)} right, {len(open_ones) - lost} break, {depend} depend")
    print(f'"nothing changes" for open connections: {lost} of {len(open_ones)} right')
    untrue = sum(cell.is_untrue for cell in cells)
    made = [trial for trial in trials if not trial.trouble]
    undecided = sum(cell.foretold == "depends" for cell in cells)
    under = sum(len(trial.cells) for trial in made if trial.conditions)
    conditions = sum(len(trial.conditions) for trial in made)
    print(
        f"depends: {_percent(undecided, len(cells))} of the cells; {_percent(under, len(cells))} under one of "
        f"{conditions} conditions"
    )
    same = sum(not each.differs for each in made)
    order = sum(all(line.startswith(ORDER) for line in each.differs) for each in made) - same
    print(f"foretold as delivered, and failed: {untrue}")
    print(f"states as foretold: {same} of {len(made)}; {order} more but for the order of a chain's rules")
    left_out = sum(len(trial.misread) for trial in made)
    print(f"{len({each.host for each in made})} kinds of hosts; flows left out, as misread before: {left_out}")
    for each in trials:
        if each.trouble and each.trouble != IMPOSSIBLE:
            print(f"not tried: {each.host}, {each.event}")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Foretell events and carry them out.")
    parser.add_argument("--host", action="append", default=[])
    parser.add_argument("--event", action="append", default=[])
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--each", type=int, default=0, help="so many hosts for each event, drawn by chance")
    parser.add_argument("--seed", type=int, help="of the drawing; the time, if there is none")
    parser.add_argument("--rules", action="store_true", help="print every difference")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
