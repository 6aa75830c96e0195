"""Strict reverse-path filtering on an asymmetric path.

Users see: tcpdump shows packets that no chain counts; with log_martians, "martian source" in the kernel log.

Proof: the larger ``rp_filter`` of the interface and of ``all`` is 1, and the route to the source leaves by another
interface; with 2 the packet is taken.
Now: ``sysctl -w net.ipv4.conf.LINK.rp_filter=2``.
Lasting: the key in a file of sysctl.d that sorts last.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.forwarding._reverse_path import by_reverse_path
from hairpin.message import message

CAUSE = Cause(
    title=message("Strict reverse-path filtering on an asymmetric path"),
    source="net/ipv4/fib_frontend.c __fib_validate_source(); RFC 3704",
    reasons=frozenset({"rp-filter"}),
    find=by_reverse_path(on_host=True),
)
