"""ufw drops forwarded packets (or those that end on this host).

Users see: with ufw active published ports or containers' ways out are closed.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "ufw":
        return
    yield Candidate(
        title=message("ufw stops this flow in chain {chain}", chain=place.chain),
        detail=message("{rule}", rule=place.text),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="shared-rule",
        evidence=(place.evidence,),
        advice=(
            message(
                "let it through with ufw itself: `ufw route allow` for forwarded packets, `ufw allow` for this host"
            ),
        ),
    )


CAUSE = Cause(
    id="ufw-forward-policy",
    title="ufw stops the flow",
    source="ufw(8), /etc/default/ufw",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
