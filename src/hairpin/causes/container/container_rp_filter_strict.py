"""Strict reverse-path filtering inside a container's namespace drops the packet.

Users see: a container on two networks does not reply to requests on one of them.

Proof: ``rp_filter`` is 1 in the container, and the route to the client does not leave by the interface that the request
came in by.  If ``rp_filter`` is 2, the request is accepted.
Now: ``nsenter -t PID -n sysctl -w net.ipv4.conf.LINK.rp_filter=2``.
Lasting: create the container with ``--sysctl net.ipv4.conf.all.rp_filter=2``.
"""

from hairpin.causes.forwarding._reverse_path import by_reverse_path
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("Strict reverse-path filtering inside the container"),
    source="net/ipv4/fib_frontend.c __fib_validate_source()",
    reasons=frozenset({"rp-filter"}),
    find=by_reverse_path(on_host=False),
)
