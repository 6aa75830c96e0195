"""The route lookups that decided a flow's walk: what an observer of the walk sees, with the namespace of each."""

import msgspec

from hairpin.door import Door, Observation
from hairpin.host.netns import Netns
from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.query import Found, Query
from hairpin.network.routing import TableAsked
from hairpin.walk.walk import walk_flow


class Lookup(msgspec.Struct, frozen=True):
    """One route lookup: where it was made, its key, and the route that it found."""

    netns: Netns
    query: Query
    found: Found


class _Recorder:
    """Keeps the lookups that found a route, each once, in their order."""

    def __init__(self) -> None:
        self.netns: dict[int, Netns] = {}
        self.lookups: dict[Lookup, None] = {}

    def observe(self, observation: Observation) -> None:
        """Take note of a table's route."""
        if isinstance(observation, TableAsked) and observation.found is not None:
            netns = self.netns.get(id(observation.namespace))
            if netns is not None:
                self.lookups.setdefault(Lookup(netns, observation.query, observation.found))


def lookups(network: Network, flow: Flow) -> tuple[Lookup, ...]:
    """Return the lookups that found a route in the flow's walk, each once; made once and kept with the network."""
    known = _lookups(network)
    if flow not in known:
        recorder = _Recorder()
        watched = network.through(Door(observer=recorder))
        recorder.netns = {id(namespace): netns for netns, namespace in watched.namespaces()}
        walk_flow(watched, flow)
        known[flow] = tuple(recorder.lookups)
    return known[flow]


@kept
def _lookups(network: Network) -> dict[Flow, tuple[Lookup, ...]]:  # noqa: ARG001
    return {}
