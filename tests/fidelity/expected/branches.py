"""The walk's prediction for one packet, as the hunt compares it: branches, and how often rules are satisfied on
them."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import Connection
from hairpin.walk.state import End, Passed
from tests.fidelity.expected.rule_hits import RuleKey, satisfied
from tests.fidelity.testbed.events import Event

Connections = tuple[tuple[Netns, Connection], ...]
"""Connections by namespace."""


class Branch(msgspec.Struct, frozen=True):
    """One predicted branch.  ``text``: where it ended; ``connections``: the connections that it leaves behind."""

    events: tuple[Event, ...]
    text: str
    unroutable: bool
    """Rejected for want of a route (not by a rule)."""
    untold: bool
    """The sender gets no ICMP error about it, since the kernel has sent it too many."""
    connections: Connections
    passed: tuple[Passed, ...]
    end: End

    def counts(self) -> tuple[Counter[RuleKey], Counter[RuleKey]]:
        """Return how often each rule is satisfied at least, and at most."""
        low, high = Counter[RuleKey](), Counter[RuleKey]()
        for each in self.passed:
            certain, possible = satisfied(each)
            low.update(certain)
            high.update(possible)
        return low, high


class Hits:
    """How often each rule was satisfied, at least and at most."""

    def __init__(self) -> None:
        self.low: Counter[RuleKey] = Counter()
        self.high: Counter[RuleKey] = Counter()

    def add(self, branches: Iterable[Branch]) -> None:
        """Count one packet, which took one of these branches."""
        counts = [branch.counts() for branch in branches]
        if not counts:
            return
        low, high = counts[0]
        for other_low, other_high in counts[1:]:
            low, high = low & other_low, high | other_high
        self.low.update(low)
        self.high.update(high)
