"""``python -m tests.matrix``: events foretold, and done (root).

``--each``: not all hosts, but N for each event, drawn by chance from those on which it can happen.
"""

import argparse
import sys
import traceback
from collections.abc import Iterator, Sequence
from functools import partial
from subprocess import SubprocessError

from hairpin.errors import HairpinError
from hairpin.events.event import EVENT_IDS, EventId
from tests.machine.columns import percent
from tests.machine.command import add_words, command, has_word
from tests.machine.run import beside, tell
from tests.matrix.choosing import Draw
from tests.matrix.compare import ORDER
from tests.matrix.hosts import EVENT_HOSTS
from tests.matrix.restarting import every_other_restarting
from tests.matrix.trial import IMPOSSIBLE, Trial, try_event
from tests.score.happening import is_tried


def main() -> int:
    """Try the events on the hosts; the exit status is 1 if a cell was foretold wrongly."""
    parser = command("tests.matrix", "Foretell events and carry them out.", seed="fresh", parallel=1)
    add_words(parser, "--host", "hosts whose names have one of the words")
    parser.add_argument("--event", action="append", default=[], help="only this event; may be repeated")
    parser.add_argument("--each", type=int, default=0, help="so many hosts for each event, drawn by chance")
    parser.add_argument("--rules", action="store_true", help="print every difference")
    arguments = parser.parse_args()
    lines = partial(_lines, rules=arguments.rules)
    return tell(_trials(arguments), lines, lambda trial: not trial.is_right, table=_table, seed=arguments.seed)


def _trials(arguments: argparse.Namespace) -> Iterator[Trial]:
    names = [name for name in EVENT_HOSTS if has_word(name, arguments.host)]
    events: list[EventId] = [
        each for each in EVENT_IDS if is_tried(each) and (each in arguments.event or not arguments.event)
    ]
    draw = Draw(events, names, arguments.each or len(names), arguments.seed)
    while wanted := list(draw.round()):
        for trial in beside(_try, wanted, arguments.parallel, renewed=10):
            if not trial.trouble:
                draw.made(trial.event)
            yield trial


def _try(wanted: tuple[str, EventId]) -> Trial:
    name, event = wanted
    try:
        return try_event(name, every_other_restarting(EVENT_HOSTS[name]()), event)
    except (HairpinError, SubprocessError, OSError, ValueError, LookupError, AssertionError):  # the others go on
        return Trial(name, event, trouble=traceback.format_exc()[-2000:])


def _lines(trial: Trial, *, rules: bool) -> Iterator[str]:
    right, changing = (sum(getattr(cell, what) for cell in trial.cells) for what in ("right", "changes"))
    line = f"{right}/{len(trial.cells)} right, {changing} change, {len(trial.differs)} differ {trial.trouble}"
    yield f"{trial.host}, {trial.event}: {line}"
    for cell in trial.cells:
        if not cell.keeps_right:
            yield f"    open {cell.flow}: foretold {cell.fate}, {'goes on' if cell.held else 'breaks'}"
        if not cell.right:
            yield f"    {cell.flow}: foretold {cell.foretold}, {'passes' if cell.passes else 'fails'}"
    for flow in trial.misread:
        yield f"    left out, {flow}"
    for condition in trial.conditions:
        yield f"    if {condition}"
    for each in trial.differs[: 200 if rules else 6]:
        yield f"      {each}"


def _table(trials: Sequence[Trial]) -> Iterator[str]:
    cells = [cell for trial in trials for cell in trial.cells]
    changing = [cell for cell in cells if cell.changes]
    for name, some in (("cells", cells), ("that change", changing)):
        yield f"{name}: {sum(cell.right for cell in some)} of {len(some)} right"
    # Who says that nothing changes is right in no cell that does.
    yield f'"nothing changes": {len(cells) - len(changing)} of {len(cells)} right, 0 of {len(changing)} that change'
    open_ones = [cell for cell in cells if cell.held is not None]
    kept, lost = (sum(getattr(cell, what) for cell in open_ones) for what in ("keeps_right", "held"))
    depend = sum(cell.fate == "depends" for cell in open_ones)
    yield f"open connections: {kept} of {len(open_ones)} right, {len(open_ones) - lost} break, {depend} depend"
    yield f'"nothing changes" for open connections: {lost} of {len(open_ones)} right'
    untrue = sum(cell.is_untrue for cell in cells)
    made = [trial for trial in trials if not trial.trouble]
    undecided = sum(cell.foretold == "depends" for cell in cells)
    under = sum(len(trial.cells) for trial in made if trial.conditions)
    conditions = sum(len(trial.conditions) for trial in made)
    yield (
        f"depends: {percent(undecided, len(cells))} of the cells; {percent(under, len(cells))} under one of "
        f"{conditions} conditions"
    )
    same = sum(not each.differs for each in made)
    order = sum(all(line.startswith(ORDER) for line in each.differs) for each in made) - same
    yield f"foretold as delivered, and failed: {untrue}"
    yield f"states as foretold: {same} of {len(made)}; {order} more but for the order of a chain's rules"
    left_out = sum(len(trial.misread) for trial in made)
    yield f"{len({each.host for each in made})} kinds of hosts; flows left out, as misread before: {left_out}"
    for each in trials:
        if each.trouble and each.trouble != IMPOSSIBLE:
            yield f"not tried: {each.host}, {each.event}"


if __name__ == "__main__":
    sys.exit(main())
