"""Which rules a walked packet satisfied, and how often the kernel counted each."""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import msgspec

from hairpin.host.host import Host
from hairpin.message import verbatim
from hairpin.netfilter.evaluate import chain as evaluate
from hairpin.netfilter.evaluate.chain import Condition, Decision, Place, decide, join
from hairpin.netfilter.evaluate.match import Surroundings
from hairpin.netfilter.ir import Chain, Rule, Set, Table
from hairpin.netfilter.packet import Seen
from hairpin.walk import packet_walk
from hairpin.walk.hooks import hooks
from hairpin.walk.hooks.surroundings import NamespaceSurroundings
from hairpin.walk.link import device
from tests.fidelity.netns import SetupError

RuleKey = tuple[str, str, str, str, str, int]
"""namespace, dialect, family, table, chain, number"""


class Satisfied(Condition, frozen=True, gc=False):
    """Carried along by a walked packet: the rules of one base chain that it satisfied, and those that it may have
    satisfied where the walk cannot tell (a limit that only logs)."""

    certain: tuple[RuleKey, ...] = ()
    possible: tuple[RuleKey, ...] = ()


@contextmanager
def recorded() -> Generator[None]:
    """Let every packet that is walked meanwhile carry along what it satisfied."""
    raw: list[tuple[Decision, ...]] = []

    def joining(decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        if any(each.verdict == "outside" and each.place is None for each in decisions):
            raise SetupError(f"too open: {decisions[-1].conditions[-1].said}")
        raw.append(decisions)
        return join(decisions)

    def noting(
        table: Table, chain: Chain, seen: Seen, surroundings: Surroundings, ipsets: tuple[Set, ...]
    ) -> tuple[Decision, ...]:
        decisions = decide(table, chain, seen, surroundings, ipsets)
        assert isinstance(surroundings, NamespaceSurroundings)
        netns = surroundings.namespace.name
        apart = raw.pop()
        groups = [(each,) for each in decisions] if len(decisions) == len(apart) else [apart]
        return tuple(
            msgspec.structs.replace(decision, conditions=(*decision.conditions, _satisfied(netns, group)))
            for decision, group in zip(decisions, groups, strict=True)
        )

    with (
        patch.object(hooks, "decide", noting), patch.object(evaluate, "join", joining),
        patch.object(device, "MAX_HOPS", 1000),  # a kernel lets a packet go round until its TTL is used up
        patch.object(evaluate, "MAX_BRANCHES", _MOST_BRANCHES), patch.object(packet_walk, "MAX_ENDS", _MOST_BRANCHES),
    ):  # fmt: skip
        yield


_MOST_BRANCHES = 512
"""Ways that one packet can go as its rules leave it open, more than the product follows: the kernel's is one of all."""


def _satisfied(netns: str, decisions: tuple[Decision, ...]) -> Satisfied:
    trails = [Counter(key_of(netns, place) for place in decision.trail) for decision in decisions]
    low = high = trails[0]
    for other in trails[1:]:
        low, high = low & other, high | other
    return Satisfied(verbatim(""), holds=True, certain=tuple(low.elements()), possible=tuple(high.elements()))


def key_of(netns: str, place: Place) -> RuleKey:
    """Return the rule's key."""
    return (netns, place.dialect, place.family, place.table, place.chain, place.number)


def kernel_hits(before: Host, after: Host) -> dict[RuleKey, tuple[int, Rule]]:
    """Return how often the kernel counted each rule that has a counter, and the rule."""
    earlier = {key: rule.packets or 0 for key, rule in _counted(before)}
    return {key: ((rule.packets or 0) - earlier[key], rule) for key, rule in _counted(after) if key in earlier}


def _counted(host: Host) -> Iterator[tuple[RuleKey, Rule]]:
    for namespace in host.namespaces:
        for table in namespace.ruleset.tables:
            for chain in table.chains:
                for rule in chain.rules:
                    if rule.packets is not None:
                        yield (namespace.name, table.dialect, table.family, table.name, chain.name, rule.number), rule
