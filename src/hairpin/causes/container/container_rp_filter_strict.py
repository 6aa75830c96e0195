"""Strict reverse-path filtering inside a container's namespace.

Users see: a container on two networks drops requests that come in by "the wrong side".
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing.rp_filter_strict import loosened


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate in a container's namespace."""
    if not view.stop.netns.is_host:
        yield from loosened(view)


CAUSE = Cause(
    id="container-rp-filter-strict",
    title="Strict reverse-path filtering inside the container",
    source="net/ipv4/fib_frontend.c __fib_validate_source()",
    reasons=frozenset({"rp-filter"}),
    find=find,
)
