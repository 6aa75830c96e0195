"""OUTPUT drops what the host itself (or its docker-proxy) sends.

Users see: outside works; on the host 127.0.0.1:port times out.
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
    if place is None or owner(view, place) != "output":
        return
    neighbours = is_discovery(view.stop.seen.packet)
    yield Candidate(
        title=message("OUTPUT drops IPv6 neighbour discovery") if neighbours else message("OUTPUT drops this flow"),
        detail=message(
            "Without ICMPv6 this host and its neighbours do not find each other's IPv6 addresses: {rule}",
            rule=place.text,
        )
        if neighbours
        else message(
            "Packets that start on this host, docker-proxy's connections to containers among them, leave by "
            "OUTPUT: {rule}",
            rule=place.text,
        ),
        change=lifted(view, place),
        where=rule_where(place),
        in_class="shared-rule",
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="output-policy-drop",
    title="OUTPUT drops the flow",
    source="iptables(8)",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
