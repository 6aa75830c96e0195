"""A firewall inside the container's own namespace drops the packet.

Users see: VPN images with a kill switch, firewalld in systemd images: the port times out.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import lifted
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message
from hairpin.netfilter.packet import is_discovery


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "container":
        return
    yield Candidate(
        title=message("A firewall inside the container drops IPv6 neighbour discovery")
        if is_discovery(view.stop.seen.packet)
        else message("A firewall inside the container drops this flow"),
        detail=message(
            "Table {table}, chain {chain}, in {netns}: {rule}",
            table=place.table,
            chain=place.chain,
            netns=view.stop.netns,
            rule=place.text,
        ),
        change=lifted(view, place),
        where=rule_where(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="container-own-firewall",
    title="The container's own firewall drops the flow",
    source="the image's documentation",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
