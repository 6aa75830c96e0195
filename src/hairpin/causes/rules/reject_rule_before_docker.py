"""A rule in FORWARD drops or rejects the packet before Docker's rules accept it.

Users see: an immediate "No route to host" (REJECT) or a timeout (DROP); stopping the firewall cures it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "forward-rule":
        return
    yield Candidate(
        title=message(
            "A rule in {table} {chain} stops the packet before Docker's rules accept it",
            table=place.table,
            chain=place.chain,
        ),
        detail=message("The rule stands in front of what would accept the packet: {rule}", rule=place.text),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="shared-rule",
        evidence=(place.evidence,),
        advice=(
            message("the FORWARD policy already closes what nothing accepts; or let this flow through before the rule"),
        ),
    )


CAUSE = Cause(
    id="reject-rule-before-docker",
    title="A rule in FORWARD stops the flow before the engine's rules",
    source="RHEL iptables-services default rules; iptables(8)",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
