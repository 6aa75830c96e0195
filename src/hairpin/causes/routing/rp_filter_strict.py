"""Strict reverse-path filtering on an asymmetric path.

Users see: packets are visible on the interface and go no further; "martian source" in the log when log_martians is 1.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.change.change import SetSysctl, one
from hairpin.host.sysctl import dotted
from hairpin.message import message
from hairpin.network.prefix import address_text
from hairpin.walk.state import SysctlDecided


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate on the host; in a container's namespace it has an id of its own."""
    if view.stop.netns.is_host:
        yield from loosened(view)


def loosened(view: View) -> Iterator[Candidate]:
    """Yield the candidate that makes the interface loose."""
    decided = view.stop.decided_by
    if not isinstance(decided, SysctlDecided):
        return
    link = view.stop.link
    path = ("net", "ipv4", "conf", link, "rp_filter")
    source = address_text(view.stop.seen.packet.saddr, view.stop.seen.packet.version)
    # The kernel takes the larger of conf.all and the interface: 2 on the interface wins over 1 anywhere.
    yield Candidate(
        title=message("Strict reverse-path filtering on {link} drops this flow", link=link),
        detail=message(
            "The packet came in by {link}, but the route back to {source} does not lead out of {link}; {key} is "
            "{value}, and the larger of it and the interface's own counts.",
            link=link,
            source=source,
            key=dotted(decided.path),
            value=decided.value,
        ),
        change=one(SetSysctl(view.stop.netns, path, decided.wanted)),
        where=where(sysctl=dotted(decided.path), value=decided.value, wanted=decided.wanted),
        rank=20,
        evidence=(decided.evidence,),
        advice=(
            message("or make the path symmetric: a route (or policy rule) back to the source by {link}", link=link),
        ),
    )


CAUSE = Cause(
    id="rp-filter-strict",
    title="Strict reverse-path filtering on an asymmetric path",
    source="net/ipv4/fib_frontend.c __fib_validate_source(); RFC 3704",
    reasons=frozenset({"rp-filter"}),
    find=find,
)
