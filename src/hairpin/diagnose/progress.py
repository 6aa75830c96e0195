"""Tells whether a change gets a packet further: whether the packet's walk then stops elsewhere, or for another
reason."""

from hairpin.walk.decided import ConntrackDecided
from hairpin.walk.trace import Branch, Trace


def has_moved(before: Trace, after: Trace) -> bool:
    """Return whether the packet stops elsewhere, or for another reason, after the change.

    The search drops a change after which the packet stops as before."""
    return _stop(before) != _stop(after)


def _stop(trace: Trace) -> tuple[object, ...]:
    stop = trace.usual.stop
    if stop is None:
        return (trace.verdict,)
    way = bool(trace.usual.reply), _follows_entry(trace.usual)
    return (trace.verdict, stop.reason, stop.netns, stop.stage, stop.link, stop.decided_by, *way)


def _follows_entry(branch: Branch) -> bool:
    """Return whether a conntrack entry decided about the request.

    Even after the deletion of the rule that made the entry, a request that follows the entry stops as before."""
    decided = (step.decided_by for step in branch.request)
    return any(isinstance(each, ConntrackDecided) and each.entry is not None and each.entry.live for each in decided)
