"""Why a flow fails: the smallest set of causes whose removal delivers it.

The walk alone tells that a flow passes.  The search for causes is loaded only for a flow that fails."""

from hairpin.diagnose.suspect import Diagnosis
from hairpin.diagnose.unread import may_enter_unread
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.decided import RouteDecided, RuleDecided
from hairpin.walk.trace import Trace
from hairpin.walk.walked import walked

REFUSING = ("blackhole", "unreachable", "prohibit")


def diagnose(network: Network, flow: Flow) -> Diagnosis:
    """Return why the flow fails, with the proof.  If the flow succeeds, or succeeds from a stand-in, there are no
    causes."""
    found = without_search(network, flow)
    if found is not None:
        return found
    from hairpin.diagnose.search import search_causes  # noqa: PLC0415 - only a flow that fails has causes

    return search_causes(network, flow)


def without_search(network: Network, flow: Flow) -> Diagnosis | None:
    """Return the diagnosis of a flow that succeeds, or succeeds from a stand-in; None if it fails."""
    trace = walked(network, flow)
    if trace.succeeds or trace.like.usual.succeeds:
        # If the flow fails only under an unknown condition, no cause can be proven.
        return Diagnosis(trace, met_unread=may_enter_unread(network, trace))
    if isinstance(flow.start, (Outside, Lan)) and not is_refused(trace):
        return None  # an accident stops the first client, so the flow fails even if a stand-in passes
    for address in flow.stand_ins:
        other = walked(network, flow.with_stand_in(address))
        if other.succeeds:
            unread = any(may_enter_unread(network, each) for each in (trace, other))
            return Diagnosis(other, met_unread=unread, instead_of=trace)
    return None


def is_refused(trace: Trace) -> bool:
    """Return whether a rule, or a route or policy rule that refuses packets, stops the flow.  The rule or route may be
    intended."""
    stop = trace.like.usual.stop  # an alike flow stops in the same way, and is walked already
    decided = stop.decided_by if stop is not None else None
    if isinstance(decided, RouteDecided):
        refused_by_route = decided.entry is not None and decided.entry.type in REFUSING
        return refused_by_route or (decided.by is not None and decided.by.action in REFUSING)
    return isinstance(decided, RuleDecided)
