"""The policy of FORWARD is DROP and nothing accepts the flow.

Users see: since Docker was installed VMs, LXD, VPNs or other bridges lose their traffic; or nobody made rules for this
bridge.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import exception
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "forward-policy":
        return
    yield Candidate(
        title=message("The FORWARD policy is DROP and no rule accepts this flow"),
        detail=message(
            "No rule on the packet's way through {table} FORWARD accepts it, so the policy drops it.", table=place.table
        ),
        change=exception(view, place),
        where=rule_where(place),
        in_class="closed-policy",
        evidence=(place.evidence,),
        side_effects=(message("everything between these two interfaces is accepted, not only this flow"),),
    )


CAUSE = Cause(
    id="forward-policy-drop",
    title="FORWARD's policy drops what no rule accepts",
    source="moby: libnetwork/drivers/bridge/setup_ip_forwarding.go",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
