"""A base chain of another nftables table drops the packet.

Users see: iptables looks perfect, packets vanish: accept is final only inside its own chain.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import lifted
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "nft-table":
        return
    yield Candidate(
        title=message("nftables table {family} {table} drops this flow", family=place.family, table=place.table),
        detail=message(
            "Chain {chain} of table {family} {table} drops it: {rule}. What another table accepts does not "
            "count here: every base chain at the hook has to let the packet through.",
            chain=place.chain,
            family=place.family,
            table=place.table,
            rule=place.text,
        ),
        change=lifted(view, place),
        where=rule_where(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="nft-base-chain-drop-other-table",
    title="Another nftables table drops the flow",
    source="nft(8): an accept verdict ends only its own base chain",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
