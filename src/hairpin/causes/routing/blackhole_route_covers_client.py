"""A blackhole, unreachable or prohibit route covers the client's (or the far end's) address.

Users see: the request arrives, the answer has no way back.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._blackhole import covering
from hairpin.network.attachment import network_for


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a blackhole, unreachable or prohibit route took the packet outside of container
    networks."""
    packet = view.stop.seen.packet
    if network_for(view.network, packet.daddr, packet.version) is None:
        yield from covering(view)


CAUSE = Cause(
    id="blackhole-route-covers-client",
    title="A blackhole route covers the client",
    source="ip-route(8): blackhole, unreachable, prohibit",
    reasons=frozenset({"route-type", "rp-filter"}),
    find=find,
)
