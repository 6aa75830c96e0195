"""Flows that still fail after a repair, because the rule or policy that stopped the repaired flow stops them, too.

A narrow repair lets only the asked flow pass.  A person who repairs one port wants to know that another port, or the
containers' way out, fails for the same cause.
"""

from hairpin.causes.where import OfPolicyRule, Where, rule_of
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, owns_address
from hairpin.remedy.known_flows import Group, Known
from hairpin.walk.decided import RouteDecided, RuleDecided
from hairpin.walk.trace import Trace

_MEANT_TO_PASS: tuple[Group, ...] = ("published", "way-out")
"""The groups of flows that should pass on an ordinary host.  A firewall usually stops all other known flows."""


def still_stopped(
    network: Network, known: tuple[Known, ...], before: tuple[Trace, ...], after: tuple[Trace, ...], where: Where
) -> tuple[Known, ...]:
    """Return the known flows that the rule, policy or policy rule at ``where`` stops, and that still fail after a
    repair.

    ``before`` and ``after``: the traces of the known flows in ``network`` and with the repair.  Clients outside ask for
    published ports at the host's addresses, so their flows to a container's own address are left out."""
    if rule_of(where) is None and not isinstance(where, OfPolicyRule):
        return ()
    found: list[Known] = []
    for each, one, other in zip(known, before, after, strict=True):
        fails = not one.succeeds and not other.succeeds and _is_stopped(one, where)
        if fails and each.group in _MEANT_TO_PASS and not _asks_container_directly(network, each.flow):
            found.append(each)
    return tuple(found)


def _is_stopped(trace: Trace, where: Where) -> bool:
    """Return whether the rule or policy stops the flow, or the policy rule chose the last route before its stop."""
    usual = trace.like.usual  # an alike flow stops at the same rule
    decided = usual.stop.decided_by if usual.stop is not None else None
    if isinstance(where, OfPolicyRule):
        chosen = (step.decided_by for step in reversed((*usual.request, *usual.reply)))
        last = next((each for each in chosen if isinstance(each, RouteDecided)), None)
        return last is not None and last.by == where.rule and not isinstance(decided, RuleDecided)
    return isinstance(decided, RuleDecided) and decided.place == rule_of(where)


def _asks_container_directly(network: Network, flow: Flow) -> bool:
    here = network.namespace(network.this.netns)
    return isinstance(flow.start, Outside | Lan) and not owns_address(here, flow.version, flow.daddr)
