"""The packet is dropped by rules in the iptables back end that ``iptables`` does not show.

Users see: contradictory listings, "iptables-legacy tables present"; packets dropped by rules nobody sees.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "other-backend":
        return
    yield Candidate(
        title=message("{hidden} still holds rules, and one of them drops this flow", hidden=place.dialect),
        detail=message(
            "Both iptables back ends are in use on this host and the kernel asks both. The `iptables` "
            "command shows the other one; this stands in {hidden}, table {table}, chain {chain}: {rule}",
            hidden=place.dialect,
            table=place.table,
            chain=place.chain,
            rule=place.text,
        ),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="hidden-backend",
        evidence=(place.evidence,),
        advice=(
            message(
                "empty the back end that is not used (flush it, policies to ACCEPT) and keep one alternative "
                "for all tools"
            ),
        ),
    )


CAUSE = Cause(
    id="two-iptables-backends-in-use",
    title="Both iptables back ends carry rules",
    source="iptables(8), xtables-nft(8)",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
