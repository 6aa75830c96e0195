"""Strict reverse-path filtering on an asymmetric path.

Users see: tcpdump shows packets that no chain counts; with log_martians, "martian source" in the kernel log.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._reverse_path import loosened


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the packet stopped on the host; in a container the cause has another id."""
    if view.on_host:
        yield from loosened(view)


CAUSE = Cause(
    id="rp-filter-strict",
    title="Strict reverse-path filtering on an asymmetric path",
    source="net/ipv4/fib_frontend.c __fib_validate_source(); RFC 3704",
    reasons=frozenset({"rp-filter"}),
    find=find,
)
