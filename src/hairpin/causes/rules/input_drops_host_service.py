"""INPUT drops a packet for a service of the host itself.

Users see: containers or outsiders cannot reach a service of the host (or of a container on the host's network).
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import exception
from hairpin.causes.rules._rule_owner import owner, serves_relay
from hairpin.message import message
from hairpin.netfilter.packet import is_discovery


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "input" or serves_relay(view):
        return
    neighbours = is_discovery(view.stop.seen.packet)
    yield Candidate(
        title=message("INPUT drops IPv6 neighbour discovery")
        if neighbours
        else message("INPUT drops packets for this port"),
        detail=message(
            "Without ICMPv6 this host and its neighbours do not find each other's IPv6 addresses: {rule}",
            rule=place.text,
        )
        if neighbours
        else message("The packet is for this host itself and INPUT drops it: {rule}", rule=place.text),
        change=exception(view, place),
        where=rule_where(place),
        in_class="closed-host-service",
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="input-drops-host-service",
    title="INPUT drops traffic for the host's service",
    source="iptables(8)",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
