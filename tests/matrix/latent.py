"""``python -m tests.matrix.latent [--row WORD…]``: latent causes, named, and then brought by their event (root)."""

import argparse
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from multiprocessing import Pool
from subprocess import SubprocessError

import msgspec

from hairpin.errors import HairpinError, LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.topology import HOST
from tests.hunt.real.flows import boxes, measure, prepare
from tests.hunt.real.hosts import PAGES
from tests.matrix.latent_hosts import WAITING
from tests.matrix.restarting import restarting
from tests.matrix.trial import read_lab
from tests.matrix.waiting import AT_ONCE, Side, Waiting, misses, named_by_check
from tests.score.happening import command_for, is_tried


def main() -> int:
    """Try the rows; the exit status is 1 if one is wrong."""
    arguments = _arguments()
    rows = {
        name: row
        for name, row in WAITING.items()
        if (not arguments.row or any(word in f"{name} {row.cause} {row.event}" for word in arguments.row))
        and (row.event == AT_ONCE or is_tried(row.event))
    }
    right: Counter[str] = Counter()
    wrong = 0
    with Pool(arguments.parallel, maxtasksperchild=10) as pool:
        for name, said in pool.imap_unordered(_tried, rows):
            row = rows[name]
            print(f"{name}: {row.cause} after {row.event or 'nothing'}: {'right' if not said else ''}", flush=True)
            for each in said:
                print(f"    {each}", flush=True)
            wrong += bool(said)
            for side in ("sick", "twin"):
                right[side] += not any(each.startswith(side) for each in said)
    print(f"{len(rows)} rows of {len({row.cause for row in rows.values()})} causes")
    print(f"named on the faulty host: {right['sick']} of {len(rows)}; nothing on its twin: {right['twin']}")
    return int(bool(wrong))


def _tried(name: str) -> tuple[str, tuple[str, ...]]:
    row = WAITING[name]
    return name, tuple(misses(row, _side(row, row.fault), _side(row, row.lasting)))


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
    asked, named = named_by_check(row, read_lab(lab))
    before = measure(lab, asked, known)
    passing = {way: seen.passes for way, seen in before.items()}
    if row.event == AT_ONCE:
        return Side(named, passing, passing)
    with suppress(LabError):  # a dockerd that does not start is what some rows are about
        lab.host.run(command_for(row.event, row.plan()))
    time.sleep(0.5)
    now = boxes(lab, known)
    for node in (lab.client, lab.router, lab.neighbour, *(box.node for box in now.values())):
        node.run("ip neighbour flush all")
        node.run("ip route flush cache")  # redirects that the host has sent
    after = measure(lab, before, now, before)
    return Side(named, passing, {way: seen.passes for way, seen in after.items()})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Name what waits for an event, and carry the event out.")
    parser.add_argument("--row", action="append", default=[], help="a word of the row's name, cause or event")
    parser.add_argument("--parallel", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
