"""The route lookups and rules that decided a flow's walk, recorded by an observer of the walk."""

import msgspec

from hairpin.door import Door, Observation
from hairpin.host.netns import Netns
from hairpin.kept import kept
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.evaluate.observation import ChainDecided
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


class SatisfiedRule(msgspec.Struct, frozen=True):
    """A rule that a packet of the flow satisfied, or the policy that decided about the packet, with the namespace."""

    netns: Netns
    place: Place


class Deciders(msgspec.Struct, frozen=True):
    """The route lookups of a flow's walk that found a route, and the rules that the flow's packets satisfied.  Each
    occurs once, in order."""

    lookups: tuple[Lookup, ...]
    rules: tuple[SatisfiedRule, ...]


class _Recorder:
    """Records the routes and rules that decided.  An observation contains the namespace or the table as an object, and
    not by its name."""

    def __init__(self) -> None:
        self.owners: dict[int, Netns] = {}
        self.lookups: dict[Lookup, None] = {}
        self.rules: dict[SatisfiedRule, None] = {}

    def observe(self, observation: Observation) -> None:
        """Record the route that a lookup found in a routing table, or the rules that a packet satisfied in a base
        chain."""
        match observation:
            case TableAsked(namespace=namespace, query=query, found=found) if found is not None:
                netns = self.owners.get(id(namespace))
                if netns is not None:
                    self.lookups.setdefault(Lookup(netns, query, found))
            case ChainDecided(table=table, decisions=decisions):
                netns = self.owners.get(id(table))
                if netns is not None:
                    for decision in decisions:
                        for place in (*decision.trail, *((decision.place,) if decision.place is not None else ())):
                            self.rules.setdefault(SatisfiedRule(netns, place))
            case _:
                pass


def deciders(network: Network, flow: Flow) -> Deciders:
    """Return the routes and rules that decided the flow's walk; the result is cached with the network."""
    known = _deciders(network)
    if flow not in known:
        recorder = _Recorder()
        watched = network.through(Door(observer=recorder))
        for netns, namespace in watched.namespaces():
            recorder.owners[id(namespace)] = netns
            recorder.owners.update((id(table), netns) for table in namespace.ruleset.tables)
        walk_flow(watched, flow)
        known[flow] = Deciders(tuple(recorder.lookups), tuple(recorder.rules))
    return known[flow]


@kept
def _deciders(network: Network) -> dict[Flow, Deciders]:  # noqa: ARG001
    return {}
