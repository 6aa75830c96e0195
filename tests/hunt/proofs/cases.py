"""What the law of a proof is held on: recorded hosts as they are, and random double changes of them, by number."""

from random import Random

import msgspec

from hairpin.change.change import Change, Primitive
from hairpin.change.simulation.simulate import simulate
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.hunt.bases import FIXTURES, Base, base, drawn, recorded
from tests.hunt.case import DRAWS, Case, changes
from tests.hunt.law import starts

_TRIES = 12
_FLOWS = 6
"""So many broken flows of a case are asked."""
_OF_ONE_FLOW = 0.5
"""The share of cases of which both changes are drawn for one flow, so that both are in its way."""


def every_recorded() -> tuple[str, ...]:
    """Return the names of all recorded networks, those of two faults and of the hunt on real hosts, too."""
    pairs = (each.relative_to(FIXTURES).as_posix() for each in (FIXTURES / "pairs").glob("*.hairpin"))
    real = (each.relative_to(FIXTURES).as_posix() for each in (FIXTURES / "real").glob("*/"))
    return (*recorded(), *sorted(pairs), *sorted(real))


def double_of(number: int) -> Case | None:
    """Return two changes of one recorded host; None if none was found."""
    random = Random(f"double {number}")  # noqa: S311
    for _ in range(_TRIES):
        found = base(drawn(random, number, generated=False))
        if found is None:
            continue
        if random.random() < _OF_ONE_FLOW:
            found = msgspec.structs.replace(found, flows=(random.choice(found.flows),))
        case = _two_changes(random, found)
        if case is not None:
            return case
    return None


def _two_changes(random: Random, found: Base) -> Case | None:
    parts: tuple[Primitive, ...] = ()
    kinds: list[str] = []
    now = found
    for _ in range(2):
        kinds.append(random.choice(tuple(DRAWS)))
        one = next(changes(random, now, kinds[-1]), None)
        if one is None:
            return None
        parts = (*parts, *one.parts)
        now = msgspec.structs.replace(now, network=simulate(one, now.network))
    return Case(found.name, " + ".join(kinds), Change(parts))


def broken_flows(case: Case) -> tuple[Network, tuple[Flow, ...]]:
    """Return the host after the case, and some of the flows that it breaks, from first to last."""
    found = base(case.base)
    assert found is not None
    after = simulate(case.change, found.network)
    failing = [each for each in found.flows if starts(each, after) and not walk_flow(after, each).usual.succeeds]
    return after, tuple(failing[:: max(1, len(failing) // _FLOWS)][:_FLOWS])
