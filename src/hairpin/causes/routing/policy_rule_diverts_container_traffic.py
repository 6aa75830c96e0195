"""A policy rule selects a table with a wrong route for the packet, or refuses the packet.

Users see: with a VPN or a second uplink, published ports time out or containers leave by the wrong link.

Proof: an ``ip rule`` selects a table whose route is wrong for the packet; without the rule the flow arrives.
Now: delete the rule, or put one for the container's subnet before it.
Lasting: the VPN's or the network manager's configuration (``PostUp``, ``RoutingPolicyRule``).
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.change.change import DeletePolicyRule, one
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, PolicyRule
from hairpin.message import message
from hairpin.network.query import Query
from hairpin.network.routing import lookup


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each policy rule, except the kernel's own, that decided a route of the packet."""
    for rule in _deciding(view):
        yield Candidate(
            title=message("Policy rule {priority} diverts this flow", priority=rule.priority),
            detail=message("`ip rule {rule}` decides its route before the main table is asked.", rule=rule.text),
            change=one(DeletePolicyRule(view.stop.netns, rule)),
            where=where(rule=rule.text, priority=rule.priority, table=rule.table),
            in_class="diverting-policy-rule",
            evidence=(rule.evidence,),
            advice=(
                message(
                    "or put a rule before it that sends the containers' subnets to the main table: ip rule add to "
                    "SUBNET lookup main priority N"
                ),
            ),
        )


def _deciding(view: View) -> Iterator[PolicyRule]:
    """Yield the policy rules that decide the packet's route, and the route back to its source."""
    packet = view.stop.seen.packet
    seen: set[int] = set()
    iif = view.stop.seen.iif or "lo"
    there = Query(packet.version, packet.daddr, packet.saddr, iif=iif, mark=packet.mark, protocol=packet.protocol,
                  sport=packet.sport, dport=packet.dport)  # fmt: skip
    back = Query(packet.version, packet.saddr, packet.daddr, mark=packet.mark)
    for query in (there, back):
        rule = lookup(view.namespace, query).rule
        if rule is None or rule.priority in seen:
            continue
        if rule.action == "table" and rule.table in (TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT):
            continue
        seen.add(rule.priority)
        yield rule


CAUSE = Cause(
    id="policy-rule-diverts-container-traffic",
    title=message("A policy rule diverts the flow"),
    source="ip-rule(8); net/core/fib_rules.c",
    reasons=frozenset({"route-type", "no-route", "no-neighbour", "rp-filter", "left-instead", "no-carrier",
                       "source-not-translated", "wrong-answer", "link-down", "rule", "policy", "reject"}),
    find=find,
)  # fmt: skip
