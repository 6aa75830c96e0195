"""A blackhole, unreachable or prohibit route covers a container's address.

Users see: an immediate error, or a timeout for one container network.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.container._attachment import network_for
from hairpin.causes.routing._blackhole import covering


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a blackhole, unreachable or prohibit route took the packet towards a container
    network."""
    if network_for(view, view.stop.seen.packet.daddr) is not None:
        yield from covering(view)


CAUSE = Cause(
    id="blackhole-route-covers-container",
    title="A blackhole route covers the container",
    source="ip-route(8): blackhole, unreachable, prohibit",
    reasons=frozenset({"route-type", "rp-filter"}),
    find=find,
)
