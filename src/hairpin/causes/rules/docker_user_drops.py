"""A rule of the administrator's in DOCKER-USER drops or rejects the flow.

Users see: some clients time out; or containers lose their way out because the rule matched answers too.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "docker-user":
        return
    yield Candidate(
        title=message("A rule in DOCKER-USER drops this flow"),
        detail=message(
            "DOCKER-USER is asked for every forwarded packet, answers included, before Docker's own rules: {rule}",
            rule=place.text,
        ),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
        advice=(
            message(
                "to keep the rule and let only this flow through, insert a RETURN for it before; match the published "
                "port with `-m conntrack --ctorigdstport`: after DNAT the packet carries the container's port"
            ),
        ),
    )


CAUSE = Cause(
    id="docker-user-drops",
    title="A rule in DOCKER-USER drops the flow",
    source="docs.docker.com: packet filtering and firewalls, DOCKER-USER",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
