"""``python -m tests.matrix.latent``: latent causes, named, and then brought by their event (root)."""

import sys
import time
import traceback
from contextlib import suppress
from subprocess import SubprocessError

import msgspec

from hairpin.errors import HairpinError, LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.topology import HOST
from tests.hunt.real.flows import boxes, forget_neighbours, measure, prepare
from tests.hunt.real.hosts import PAGES
from tests.machine.command import add_words, command, has_word
from tests.machine.hairpin import read
from tests.machine.run import beside, tell
from tests.matrix.latent_hosts import WAITING
from tests.matrix.restarting import restarting
from tests.matrix.waiting import AT_ONCE, Side, Tried, Waiting, misses, named_by_check, table
from tests.score.happening import command_for, is_tried


def main() -> int:
    """Try the rows; the exit status is 1 if one is wrong."""
    parser = command("tests.matrix.latent", "Name what waits for an event, and carry the event out.", parallel=1)
    add_words(parser, "--row", "rows whose name, cause or event has one of the words")
    arguments = parser.parse_args()
    rows = [
        Tried(name, row.cause, row.event)
        for name, row in WAITING.items()
        if has_word(f"{name} {row.cause} {row.event}", arguments.row) and (row.event == AT_ONCE or is_tried(row.event))
    ]
    return tell(beside(_tried, rows, arguments.parallel, renewed=10), Tried.lines, Tried.is_wrong, table=table)


def _tried(asked: Tried) -> Tried:
    row = WAITING[asked.name]
    said = misses(row, _side(row, row.fault), _side(row, row.lasting))
    return msgspec.structs.replace(asked, said=tuple(said))


def _side(row: Waiting, command: str) -> Side:
    """Build the host, type the command, ask, carry the event out; the asked flows are tried before and after it."""
    plan = restarting(row.plan())
    try:
        with running_lab(msgspec.structs.replace(plan, before_engine=(*PAGES, *plan.before_engine))) as lab:
            prepare(lab)
            lab.neighbour.run(f"ip route replace 172.16.0.0/12 via {HOST}")  # it asks for containers' own addresses
            if command:
                lab.host.run(command)
            return _happened(row, lab)
    except (HairpinError, SubprocessError, OSError, ValueError, LookupError, AssertionError):
        return Side(trouble=traceback.format_exc()[-1500:])


def _happened(row: Waiting, lab: Lab) -> Side:
    known = boxes(lab, {})
    asked, named = named_by_check(row, read(*lab.hosts))
    before = measure(lab, asked, known)
    passing = {way: seen.passes for way, seen in before.items()}
    if row.event == AT_ONCE:
        return Side(named, passing, passing)
    with suppress(LabError):  # a dockerd that does not start is what some rows are about
        lab.host.run(command_for(row.event, row.plan()))
    time.sleep(0.5)
    now = boxes(lab, known)
    forget_neighbours(lab, now.values())
    after = measure(lab, before, now, before)
    return Side(named, passing, {way: seen.passes for way, seen in after.items()})


if __name__ == "__main__":
    sys.exit(main())
