"""Strict reverse-path filtering on an asymmetric path.

Users see: packets are visible on the interface and go no further; "martian source" in the log when log_martians is 1.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._reverse_path import loosened


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate on the host; in a container's namespace the cause has an id of its own."""
    if view.on_host:
        yield from loosened(view)


CAUSE = Cause(
    id="rp-filter-strict",
    title="Strict reverse-path filtering on an asymmetric path",
    source="net/ipv4/fib_frontend.c __fib_validate_source(); RFC 3704",
    reasons=frozenset({"rp-filter"}),
    find=find,
)
