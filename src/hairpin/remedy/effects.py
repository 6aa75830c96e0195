"""Holds each remedy against the other flows of its host: which of them it opens, breaks or brings back.

Only flows with the changed element on their path are walked again.  A remedy that opens or breaks something comes
behind those that do not, and what disrupts comes last.
"""

from collections.abc import Iterator
from typing import assert_never

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.causes.order import PUTTING_BACK
from hairpin.change.change import (
    AddChain,
    AddEntry,
    AddNamespace,
    Change,
    ChangeWorld,
    DeleteChain,
    DeleteEntry,
    DeleteRule,
    InsertRule,
    OfHost,
    Primitive,
    ReplaceEntry,
    ReplaceTable,
    RuleEdit,
    SetContainer,
    SetPolicy,
)
from hairpin.change.simulate import simulate
from hairpin.diagnose.unread import may_enter_unread
from hairpin.errors import ChangeError
from hairpin.host.netns import Netns
from hairpin.host.route import PolicyRule, Route
from hairpin.message import message
from hairpin.netfilter.ir import Hook, Jump, Table
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.question.standpoints import somebody
from hairpin.remedy.joined import flows_to_joined
from hairpin.remedy.other_flows import flow_key, other_flows
from hairpin.remedy.remedy import Remedy, SideEffect, Walked
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

MAX_OTHERS = 150
"""Other flows that are walked; a walk takes one to three milliseconds."""
_STAGES: dict[Hook, frozenset[str]] = {
    "prerouting": frozenset({"device-in", "prerouting"}),
    "input": frozenset({"input", "socket"}),
    "forward": frozenset({"forward"}),
    "output": frozenset({"output", "output-route"}),
    "postrouting": frozenset({"postrouting", "device-out"}),
}
"""Stages of a trace, one of which it has if the packet came through the hook."""


_PROVEN = 8
"""The most asked flows for which another way to repair a cause is walked."""


class Others(msgspec.Struct, frozen=True):
    """The other flows of a host as they are walked now.  ``left_out``: how many more there are, beyond the number that
    is walked or in containers that were not read."""

    network: Network
    traces: tuple[Trace, ...]
    left_out: int = 0


def others_of(network: Network, asked: tuple[Flow, ...] = ()) -> Others:
    """Return the other flows of the network's first host, walked.  One that is ``asked``, too, is walked as asked: with
    as much data, and once."""
    meant = {flow_key(each): each for each in asked}
    flows = tuple(meant.get(flow_key(each), each) for each in other_flows(network))
    traces = tuple(walked(network, each) for each in flows[:MAX_OTHERS])
    known = tuple(each for each in traces if not may_enter_unread(network, each))
    return Others(network, known, len(flows) - len(known))


def with_side_effects(
    remedies: tuple[Remedy, ...],
    candidate: Candidate,
    others: Others,
    asked: tuple[Flow, ...],
    together: tuple[Change, ...],
    *,
    meant: bool,
) -> tuple[Remedy, ...]:
    """Return the remedies of a cause with their side effects, the narrowest first.

    ``asked``: the flows that the cause stops.  ``together``: the changes of the other causes that have to go with it.
    ``meant``: somebody wrote down what stops them, so that nothing else should open; else what the same accident stops
    is brought back with it.
    """
    held = (_held(each, candidate, others, asked, together, meant=meant) for each in remedies)
    kept = [each for each in held if each.proof is None or succeeds(each.proof)]
    return tuple(
        sorted(kept, key=lambda each: (each.disruptive, sum(one.flow is not None for one in each.side_effects)))
    )


def _held(
    remedy: Remedy,
    candidate: Candidate,
    others: Others,
    asked: tuple[Flow, ...],
    together: tuple[Change, ...],
    *,
    meant: bool,
) -> Remedy:
    if not remedy.change.parts:
        return remedy
    try:
        after = simulate(remedy.change, others.network)
        proof = _proof(remedy, candidate, others, asked, together)
    except ChangeError:
        return remedy
    known = frozenset(map(flow_key, asked))
    near = [
        each
        for each in others.traces
        if flow_key(each.flow) not in known and _on_path(each, remedy.change, others.network)
    ]
    left_out = others.left_out
    restored: list[str] = []
    effects: list[SideEffect] = list(_ways_out(others, after, remedy.change, asked))
    effects += _opened_by_joining(others.network, after, remedy.change, known)
    for trace in near:
        then = walk_flow(after, trace.flow)
        verdict = then.verdict
        if may_enter_unread(after, then):
            left_out += 1
            continue
        if not (succeeds(verdict) or succeeds(trace.verdict)):
            continue
        if verdict == trace.verdict:
            effects += _leaving(trace, then)
            continue
        if not meant and succeeds(verdict) and trace.flow.purpose != "asked":
            restored.append(flow_told(trace.flow))
        else:
            effects.append(_effect(trace, verdict, lost=candidate.in_class in PUTTING_BACK))
    walked = Walked(len(near) - (left_out - others.left_out), tuple(restored), left_out)
    return msgspec.structs.replace(remedy, proof=proof, walked=walked, side_effects=(*effects, *remedy.side_effects))


def _proof(
    remedy: Remedy, candidate: Candidate, others: Others, asked: tuple[Flow, ...], together: tuple[Change, ...]
) -> Verdict | None:
    """Return the verdict of the asked flows with the remedy: of the first that does not get through, if there is one.
    None for the change that proved the cause already."""
    if remedy.change == candidate.change or not asked:
        return None
    network = others.network
    for change in together:
        network = simulate(change, network)
    repaired = simulate(remedy.change, network)
    verdicts: list[Verdict] = [walk_flow(repaired, each).verdict for each in asked[:_PROVEN]]
    failing: list[Verdict] = [each for each in verdicts if not succeeds(each)]
    return failing[0] if failing else verdicts[0]


def _effect(trace: Trace, verdict: Verdict, *, lost: bool) -> SideEffect:
    """Return what becomes of another flow.  ``lost``: the repair puts back rules that had kept it out or let it in."""
    flow = flow_told(trace.flow)
    if not succeeds(trace.verdict):
        text = message("it opens {flow}", flow=flow)
    elif lost:
        text = message("it closes {flow} again, which is open since the rules are gone", flow=flow)
    else:
        text = message("it breaks {flow}", flow=flow)
    return SideEffect(text, flow, trace.verdict, verdict)


def _leaving(now: Trace, then: Trace) -> tuple[SideEffect, ...]:
    """Return the effect on a flow that still succeeds and that leaves the host by another link: off a VPN, for one."""
    before, after = left_by(now) or _headed_for(now), left_by(then)
    if before == after or not before or not after:
        return ()
    flow = flow_told(now.flow)
    text = message("it sends {flow} out by {after} instead of {before}", flow=flow, after=after, before=before)
    return (SideEffect(text, flow, now.verdict, then.verdict),)


def _headed_for(trace: Trace) -> str:
    """Return the link by which a packet would have left that stopped there: a tunnel whose program has ended."""
    stop = trace.usual.stop
    return stop.link if stop is not None and stop.reason in ("no-carrier", "link-down", "no-neighbour") else ""


def left_by(trace: Trace) -> str:
    """Return the link by which the usual request leaves the hosts that were read; empty if it does not."""
    links = [step.link for step in trace.usual.request if step.stage == "outside" and step.link]
    return links[-1] if links else ""


def _leads_elsewhere(part: Primitive) -> bool:
    match part:
        case AddEntry(entry=Route() | PolicyRule()) | DeleteEntry(entry=Route() | PolicyRule()):
            return True
        case ReplaceEntry(entry=Route()):
            return True
        case _:
            return False


def _ways_out(others: Others, after: Network, change: Change, asked: tuple[Flow, ...]) -> Iterator[SideEffect]:
    """Yield the asked flows to the outside, and the host's own, that then leave by another link.  Whether they
    succeeded before does not matter: somebody meant them to go there."""
    network = others.network
    if not any(map(_leads_elsewhere, change.parts)):
        return
    own = Flow(FromHost(), 4, somebody(4)[0], "tcp", 443, purpose="egress", host=network.this.name)
    for flow in (*(each for each in asked if each.purpose in ("egress", "dns")), own):
        then = walk_flow(after, flow)
        if then.succeeds:
            yield from _leaving(walked(network, flow), then)


def _opened_by_joining(
    network: Network, after: Network, change: Change, known: frozenset[object]
) -> Iterator[SideEffect]:
    """Yield what a network's containers reach once another one has joined it, but for the flows that are asked."""
    for flow in flows_to_joined(network, change):
        then = walk_flow(after, flow) if flow_key(flow) not in known else None
        if then is None or not succeeds(then.verdict):
            continue
        now = walk_flow(network, flow)
        if not succeeds(now.verdict):
            yield _effect(now, then.verdict, lost=False)


def closing_again(network: Network, after: Network, asked: tuple[Flow, ...]) -> Iterator[SideEffect]:
    """Yield the flows that rules which are put back stop, and that are open only since they are gone."""
    for trace in others_of(network, asked).traces:
        then = walked(after, trace.flow)
        if trace.succeeds and not succeeds(then.verdict):
            yield _effect(trace, then.verdict, lost=True)


def flow_told(flow: Flow) -> str:
    """Return the flow as side effects name it."""
    return f"{flow.start_text()} → {flow.target_text()}"


def _on_path(trace: Trace, change: Change, network: Network) -> bool:
    """Return whether one of the changed elements is on the packet's path."""
    return any(_passes(trace, part, network) for part in change.parts)


def _passes(trace: Trace, part: Primitive, network: Network) -> bool:
    if isinstance(part, OfHost):
        return False
    if isinstance(part, SetContainer | ChangeWorld | AddNamespace):
        return True
    netns = part.netns
    stages = {
        step.stage
        for branch in trace.branches
        for step in (*branch.request, *branch.reply, *branch.data)
        if step.netns == netns
    } | {branch.stop.stage for branch in trace.branches if branch.stop is not None and branch.stop.netns == netns}
    if not isinstance(part, RuleEdit):
        return bool(stages)
    hooks = _hooks(part, netns, network)
    return bool(stages) and (not hooks or any(stages & _STAGES.get(hook, stages) for hook in hooks))


def _hooks(part: RuleEdit, netns: Netns, network: Network) -> frozenset[Hook]:
    """Return the hooks whose base chains lead to the edited chain; none if that is not known."""
    if netns not in network:
        return frozenset()
    match part:
        case DeleteRule(place=place) | SetPolicy(place=place):
            named, chain = (place.dialect, place.family, place.table), place.chain
        case InsertRule() | AddChain() | DeleteChain():
            named, chain = (part.dialect, part.family, part.table), part.chain
        case ReplaceTable():
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
