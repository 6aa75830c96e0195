"""A blackhole, unreachable or prohibit route covers an address outside of the container networks.

Users see: one client times out, because the host does not route the reply to it.

Proof: the reply's route lookup ends at a blackhole, unreachable or prohibit route.  Without this route the reply
leaves.
Now: delete the route.
Lasting: remove the route from the configuration that makes it.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.routing._blackhole import by_refusing_route

CAUSE = Cause(
    title=message("A blackhole route covers the client"),
    source="ip-route(8): blackhole, unreachable, prohibit",
    reasons=frozenset({"route-type", "rp-filter"}),
    find=by_refusing_route(container=False),
)
