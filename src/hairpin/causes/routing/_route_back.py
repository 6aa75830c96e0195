"""Finds rules that drop packets to whose source no route leads back, such as the rules that firewalld's option
IPv6_rpfilter makes."""

from hairpin.causes.kit import Namespace, Place, View
from hairpin.change.change import DeleteRule, one
from hairpin.change.simulation.simulate import simulate
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.ir import ReversePathMatch
from hairpin.walk.walk import walk_flow


def wants_route_back(namespace: Namespace, place: Place) -> bool:
    """Return whether the rule drops a packet if no route leads back to the packet's source."""
    rule = rule_at(namespace.ruleset, place)
    return rule is not None and any(isinstance(part, ReversePathMatch) for part in rule.body)


def only_the_rule_stops(view: View) -> bool:
    """Return whether a rule that wants a route back stops the packet, and the flow passes without this rule.

    The routes are then right, and the rule's lookup differs from the reply's lookup, for example because the rule's
    lookup ignores the reply's mark."""
    place = view.place
    if place is None or view.in_reply or not wants_route_back(view.namespace, place):
        return False
    return walk_flow(simulate(one(DeleteRule(view.stop.netns, place)), view.network), view.flow).succeeds
