"""The rules that a walked packet satisfied, and how often the kernel counted each."""

from collections import Counter
from collections.abc import Iterator

from hairpin.host.host import Host
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Rule
from hairpin.walk.state import Passed

RuleKey = tuple[str, str, str, str, str, int]
"""namespace, dialect, family, table, chain, number"""


def satisfied(passed: Passed) -> tuple[Counter[RuleKey], Counter[RuleKey]]:
    """Return how often the packet satisfied each rule of one base chain, at least and at most.

    If branches of the chain end alike (a limit that only logs), the walk does not tell which one the packet took.
    """
    trails = passed.decision.joined or (passed.decision.trail,)
    low, high = (Counter(key_of(passed.netns.name, place) for place in trails[0]) for _ in range(2))
    for trail in trails[1:]:
        other = Counter(key_of(passed.netns.name, place) for place in trail)
        low, high = low & other, high | other
    return low, high


def key_of(netns: str, place: Place) -> RuleKey:
    """Return the rule's key."""
    return (netns, place.dialect, place.family, place.table, place.chain, place.number)


def kernel_hits(before: Host, after: Host) -> dict[RuleKey, tuple[int, Rule]]:
    """Return how often the kernel counted each rule that has a counter, and the rule."""
    earlier = {key: rule.packets or 0 for key, rule in _with_counter(before)}
    return {key: ((rule.packets or 0) - earlier[key], rule) for key, rule in _with_counter(after) if key in earlier}


def _with_counter(host: Host) -> Iterator[tuple[RuleKey, Rule]]:
    for namespace in host.namespaces:
        for table in namespace.ruleset.tables:
            for chain in table.chains:
                for rule in chain.rules:
                    if rule.packets is not None:
                        yield (namespace.name, table.dialect, table.family, table.name, chain.name, rule.number), rule
