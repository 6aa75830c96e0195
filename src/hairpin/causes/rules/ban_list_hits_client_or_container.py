"""A ban list (fail2ban, crowdsec, sshguard) holds the packet's source.

Users see: one client or one container address is blocked.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "fail2ban":
        return
    yield Candidate(
        title=message("A ban list in chain {chain} holds this source address", chain=place.chain),
        detail=message("{rule}", rule=place.text),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
        advice=(
            message(
                "take the address off the list with its own tool (fail2ban-client unbanip ADDRESS) and exempt "
                "container subnets"
            ),
        ),
    )


CAUSE = Cause(
    id="ban-list-hits-client-or-container",
    title="A ban list blocks the source",
    source="fail2ban actions iptables, nftables",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
