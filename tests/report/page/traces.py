"""Random traces for pictures: flows of recorded hosts and networks, broken ones too, and after a random change."""

from collections.abc import Iterator
from random import Random

from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.trace import Trace
from hairpin.walk.walked import walked
from tests.hunt.bases import asked, recorded
from tests.hunt.case import case_of

_OF_ONE_NETWORK = 4


def random_traces(count: int, seed: int) -> Iterator[Trace]:
    """Yield so many traces; every second one is of a host that was changed at random."""
    random = Random(f"pictures {seed}")  # noqa: S311
    names = recorded()
    found = 0
    while found < count:
        network, flows = _changed(random) if random.random() < 0.5 else asked(random.choice(names))
        if network is None:
            continue
        for flow in random.sample(flows, min(_OF_ONE_NETWORK, len(flows), count - found)):
            yield walked(network, flow)
            found += 1


def _changed(random: Random) -> tuple[Network | None, tuple[Flow, ...]]:
    case = case_of(random.randrange(1 << 30), generated=False)
    if case is None:
        return None, ()
    network, flows = asked(case.base)
    if network is None:
        return None, ()
    try:
        return simulate(case.change, network), flows
    except ChangeError:
        return None, ()
