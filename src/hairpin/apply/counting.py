"""The rules on a flow's path that counted a real connection."""

from collections.abc import Iterator

import msgspec

from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.network.network import Network
from hairpin.walk.decided import RuleDecided
from hairpin.walk.trace import Trace


class Counted(msgspec.Struct, frozen=True):
    """A rule that decides about the flow, with its packet counter before the connection and after it."""

    place: Place
    before: int
    after: int


def counted_rules(trace: Trace, before: Network, after: Network) -> tuple[Counted, ...]:
    """Return the rules on the flow's path whose packet counters rose.

    ``before`` and ``after``: the network read before the connection and after it.  A nat rule counts only the first
    packet of a connection.  Packets of other flows also raise the counters."""
    return tuple(each for each in dict.fromkeys(_rules(trace, before, after)) if each.after > each.before)


def _rules(trace: Trace, before: Network, after: Network) -> Iterator[Counted]:
    for step in (*trace.usual.request, *trace.usual.reply):
        decided = step.decided_by
        if not isinstance(decided, RuleDecided) or step.netns not in before or step.netns not in after:
            continue
        was, now = (rule_at(each.namespace(step.netns).ruleset, decided.place) for each in (before, after))
        if was is None or now is None or was.text != now.text or None in (was.packets, now.packets):
            continue
        yield Counted(decided.place, was.packets or 0, now.packets or 0)
