"""Docker 28 drops packets that are addressed to a container itself and do not come from its bridge.

Users see: peers that routed to container addresses time out since the upgrade.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "raw-direct":
        return
    yield Candidate(
        title=message("Docker drops packets sent directly to a container's address"),
        detail=message(
            "Since version 28 Docker protects container addresses in raw PREROUTING: {rule}", rule=place.text
        ),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
        advice=(
            message(
                "recreate the network with trusted_host_interfaces, set allow-direct-routing, or use a published port"
            ),
        ),
    )


CAUSE = Cause(
    id="raw-drop-direct-routing",
    title="Docker drops direct access to container addresses",
    source="moby: daemon/libnetwork/drivers/bridge (28.0)",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
