"""Containers of one network may not talk to each other (inter-container communication is off).

Users see: containers of one network cannot talk; published ports still answer.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "icc":
        return
    yield Candidate(
        title=message("Containers on {link} may not talk to each other", link=view.stop.seen.iif),
        detail=message("The rule drops what goes from the bridge back into it: {rule}", rule=place.text),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="separation",
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="icc-off",
    title="Inter-container communication is off",
    source="docs.docker.com: com.docker.network.bridge.enable_icc",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
