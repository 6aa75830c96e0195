"""Docker keeps its networks apart: the packet goes from one bridge to another.

Users see: a container of one network cannot reach a container of another.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "isolation":
        return
    yield Candidate(
        title=message("Docker isolates its networks from each other"),
        detail=message(
            "The packet came from {iif} and would leave by {oif}; {rule} drops it. This is Docker's design.",
            iif=view.stop.seen.iif,
            oif=view.stop.seen.oif,
            rule=place.text,
        ),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="separation",
        evidence=(place.evidence,),
        advice=(
            message("join both containers to one network (docker network connect) rather than opening the isolation"),
        ),
    )


CAUSE = Cause(
    id="isolation-drops-between-bridges",
    title="Docker's isolation between networks",
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
