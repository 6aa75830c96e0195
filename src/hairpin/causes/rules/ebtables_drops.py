"""A rule of the bridge family (ebtables, nft table bridge) drops the frame.

Users see: iptables is clean; ARP or IP is dropped on layer 2.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "bridge-family":
        return
    yield Candidate(
        title=message("A layer-2 rule drops this flow"),
        detail=message(
            "Table {family} {table}, chain {chain}: {rule}",
            family=place.family,
            table=place.table,
            chain=place.chain,
            rule=place.text,
        ),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="ebtables-drops",
    title="A layer-2 rule drops the flow",
    source="ebtables(8), nft(8)",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
