"""A blackhole, unreachable or prohibit route covers a container's address.

Users see: connections to one container network fail at once, or time out.

Proof: the packet's route lookup ends at a blackhole, unreachable or prohibit route.  Without this route the packet
arrives.
Now: delete the route.
Lasting: remove the route from the configuration that makes it.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.routing._blackhole import by_refusing_route

CAUSE = Cause(
    title=message("A blackhole route covers the container"),
    source="ip-route(8): blackhole, unreachable, prohibit",
    reasons=frozenset({"route-type", "rp-filter"}),
    find=by_refusing_route(container=True),
)
