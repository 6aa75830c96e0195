"""Notes on rules that match only in a time window (of the day, the week or the year), and that change a verdict when
the window begins or ends."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.host.netns import Netns
from hairpin.host.read.parse import time_windows
from hairpin.message import Message, message
from hairpin.netfilter.limit import next_change
from hairpin.network.network import Network
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import VERDICTS, Verdict
from hairpin.walk.walk import walk_flow

_MOST_CHANGES = 4
_MOST_FLOWS = 16


def notes(inquiry: Inquiry) -> tuple[Message, ...]:
    """Return the notes about time windows."""
    return told_by_time(inquiry.network, inquiry.traces)


def told_by_time(network: Network, traces: Sequence[Trace]) -> tuple[Message, ...]:
    """Return a note for each moment at which the time window of a rule begins or ends, and a flow begins to pass or to
    fail."""
    told = (each for when, later in _changes(network) for each in _differing(later, when, traces))
    return tuple(dict.fromkeys(told))


def _changes(network: Network) -> Iterator[tuple[int, Network]]:
    """Yield the next moments at which time windows of the hosts' rules begin or end, each with the network at this
    moment."""
    for host in network.hosts:
        held = network.namespace(host.netns) if host.netns in network else None
        if held is None or held.now_s is None:
            continue
        windows = time_windows(held.ruleset)
        found = {each for window in windows if (each := next_change(window, held.now_s)) is not None}
        for moment in sorted(found)[:_MOST_CHANGES]:
            yield moment, _at(network, host.netns, moment)


def _at(network: Network, netns: Netns, moment_s: int) -> Network:
    return network.with_namespace(netns, msgspec.structs.replace(network.namespace(netns), now_s=moment_s))


def _differing(later: Network, when_s: int, traces: Sequence[Trace]) -> Iterator[Message]:
    changed: list[tuple[Trace, Verdict]] = [
        (trace, now.verdict)
        for trace in traces[:_MOST_FLOWS]
        if trace.verdict != "depends" and (now := walk_flow(later, trace.flow)).succeeds is not trace.succeeds
    ]
    if not changed:
        return
    trace, verdict = changed[0]
    facts = {
        "time": datetime.fromtimestamp(when_s, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "start": trace.flow.start_text(),
        "target": trace.flow.target_text(),
        "verdict": VERDICTS[verdict],
        "count": len(changed) - 1,
    }
    if len(changed) == 1:
        yield message("a rule applies only at some times: from {time} on, {start} to {target} is {verdict}", **facts)
    else:
        yield message(
            "a rule applies only at some times: from {time} on, {start} to {target} is {verdict}, and {count} more "
            "flows change",
            **facts,
        )
