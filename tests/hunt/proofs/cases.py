"""What the law is held on: double changes of recorded hosts, by their number."""

from random import Random

import msgspec

from hairpin.change.change import Change
from hairpin.change.simulate import simulate
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.hunt.bases import Base, base, drawn
from tests.hunt.case import DRAWS, Case, changes
from tests.hunt.law import starts

_TRIES = 12
_FLOWS = 6


def double_of(number: int) -> Case | None:
    """Return two changes of one recorded host, half of the time for one of its flows; None where none was found."""
    random = Random(f"double {number}")  # noqa: S311
    for _ in range(_TRIES):
        found = base(drawn(random, number, generated=False))
        if found is None:
            continue
        if random.random() < 0.5:
            found = msgspec.structs.replace(found, flows=(random.choice(found.flows),))
        case = _two(random, found)
        if case is not None:
            return case
    return None


def _two(random: Random, found: Base) -> Case | None:
    parts, kinds, now = (), [], found
    for _ in range(2):
        kind = random.choice(tuple(DRAWS))
        drawn_now = next(changes(random, now, kind), None)
        if drawn_now is None:
            return None
        parts, kinds = (*parts, *drawn_now.parts), [*kinds, kind]
        now = msgspec.structs.replace(now, network=simulate(drawn_now, now.network))
    return Case(found.name, " + ".join(kinds), Change(parts))


def broken_flows(case: Case, found: Base) -> tuple[Network, tuple[Flow, ...]]:
    """Return the network after the case, and some of the flows that it breaks, spread over all."""
    after = simulate(case.change, found.network)
    failing = [each for each in found.flows if starts(each, after) and not walk_flow(after, each).usual.succeeds]
    step = max(1, len(failing) // _FLOWS)
    return after, tuple(failing[::step][:_FLOWS])
