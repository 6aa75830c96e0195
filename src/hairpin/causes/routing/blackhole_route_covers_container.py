"""A blackhole, unreachable or prohibit route covers a container's address.

Users see: an immediate error, or a timeout for one container network.

Proof: the packet's lookup ends at a blackhole, unreachable or prohibit route; without it the packet arrives.
Now: delete the route.
Lasting: take it out of the configuration that makes it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._blackhole import covering
from hairpin.message import message
from hairpin.network.attachment import network_for


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the address that was looked up is in a container network."""
    if network_for(view.host, view.looked_up, view.stop.seen.packet.version) is not None:
        yield from covering(view)


CAUSE = Cause(
    title=message("A blackhole route covers the container"),
    source="ip-route(8): blackhole, unreachable, prohibit",
    reasons=frozenset({"route-type", "rp-filter"}),
)
