"""Strict reverse-path filtering on an asymmetric path.

Users see: tcpdump shows packets that no chain counts; with log_martians, "martian source" in the kernel log.

Proof: the larger ``rp_filter`` of the interface and of ``all`` is 1, and the route to the source leaves by another
interface; with 2 the packet is taken.
Now: ``sysctl -w net.ipv4.conf.LINK.rp_filter=2``.
Lasting: the key in a file of sysctl.d that sorts last.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._reverse_path import loose_rp_filter
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the packet stopped on the host; in a container the cause has another id."""
    if view.on_host:
        yield from loose_rp_filter(view)


CAUSE = Cause(
    title=message("Strict reverse-path filtering on an asymmetric path"),
    source="net/ipv4/fib_frontend.c __fib_validate_source(); RFC 3704",
    reasons=frozenset({"rp-filter"}),
)
