"""Tells whether a flow's packets pass an element that a change affects.

If the packets pass no element that the change affects, the flow's result stays the same."""

from typing import assert_never

from hairpin.change import change as c
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Hook, Jump, Table
from hairpin.network.network import Network
from hairpin.walk.trace import Trace

_STAGES: dict[Hook, frozenset[str]] = {
    "prerouting": frozenset({"device-in", "prerouting"}),
    "input": frozenset({"input", "socket"}),
    "forward": frozenset({"forward"}),
    "output": frozenset({"output", "output-route"}),
    "postrouting": frozenset({"postrouting", "device-out"}),
}
"""The stages for each hook.  A trace has at least one of these stages if the packet passed the hook."""


def on_path(trace: Trace, change: c.Change, network: Network) -> bool:
    """Return whether an element that the change affects is on the packet's path."""
    return any(_passes(trace, part, network) for part in change.parts)


def _passes(trace: Trace, part: c.Primitive, network: Network) -> bool:
    if isinstance(part, c.SetContainer | c.ChangeWorld | c.AddNamespace | c.ContinueProcess):
        return True
    if isinstance(part, c.OfHost):
        return False
    netns = part.netns
    way = trace.like if netns.is_host else trace  # flows that are alike take the same path through the host
    stages = {step.stage for branch in way.branches for step in branch.steps if step.netns == netns} | {
        branch.stop.stage for branch in way.branches if branch.stop is not None and branch.stop.netns == netns
    }
    if not isinstance(part, c.RuleEdit):
        return bool(stages)
    hooks = _hooks(part, netns, network)
    return bool(stages) and (not hooks or any(stages & _STAGES.get(hook, stages) for hook in hooks))


def _hooks(part: c.RuleEdit, netns: Netns, network: Network) -> frozenset[Hook]:
    """Return the hooks whose base chains lead to the edited chain; no hooks if these base chains are unknown."""
    if netns not in network:
        return frozenset()
    match part:
        case c.DeleteRule(place=place) | c.SetPolicy(place=place):
            named, chain = (place.dialect, place.family, place.table), place.chain
        case c.InsertRule() | c.AddChain() | c.DeleteChain():
            named, chain = (part.dialect, part.family, part.table), part.chain
        case c.ReplaceTable():
            return frozenset()
        case _:
            assert_never(part)
    for table in network.namespace(netns).ruleset.tables:
        if (table.dialect, table.family, table.name) == named:
            return frozenset(
                each.hook for each in table.chains if each.hook is not None and chain in _reached(table, each.name)
            )
    return frozenset()


def _reached(table: Table, start: str) -> frozenset[str]:
    seen: set[str] = set()
    pending = [start]
    while pending:
        chain = table.chain(pending.pop())
        if chain is not None and chain.name not in seen:
            seen.add(chain.name)
            pending += [part.chain for rule in chain.rules for part in rule.body if isinstance(part, Jump)]
    return frozenset(seen)
