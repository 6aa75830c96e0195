"""A rule in raw, mangle or security (or at their hooks) drops the packet.

Users see: timeout while filter and nat look perfect.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, message, rule_where
from hairpin.causes.lifting import deletion
from hairpin.causes.rule_owner import owner


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "mangle":
        return
    yield Candidate(
        title=message("A rule in table {table} drops this flow", table=place.table),
        detail=message(
            "{table} {chain} comes before nat and filter, so their rules and counters show nothing: {rule}",
            table=place.table,
            chain=place.chain,
            rule=place.text,
        ),
        change=deletion(view, place),
        where=rule_where(place),
        rank=30,
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="mangle-drops-or-marks",
    title="A rule in raw or mangle drops the flow",
    source="iptables(8): tables raw, mangle, security",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
