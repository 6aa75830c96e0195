"""INPUT drops a packet that docker-proxy would have answered.

Users see: container to host-address:published-port times out or is unreachable while outsiders are served.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import exception
from hairpin.causes.rules._rule_owner import owner, serves_relay
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "input" or not serves_relay(view):
        return
    yield Candidate(
        title=message("INPUT drops what docker-proxy would answer"),
        detail=message(
            "The packet is not translated to the container on this way in; it is for docker-proxy on the "
            "host itself, and INPUT drops it: {rule}",
            rule=place.text,
        ),
        change=exception(view, place),
        where=rule_where(place),
        in_class="shared-rule",
        evidence=(place.evidence,),
    )


CAUSE = Cause(
    id="input-chain-drops-proxied-traffic",
    title="INPUT drops traffic for docker-proxy",
    source="moby: cmd/docker-proxy",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
