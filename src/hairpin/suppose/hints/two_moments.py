"""What differs between a working and a broken moment (or host) of a text is a candidate for the fault."""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.message import message
from hairpin.pasted.joining import DIFFERENCES
from hairpin.pasted.moments import Difference
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted

_WEIGHT = 20
"""Nobody pastes two moments of one output for another reason."""
_NONE = "-"
_ADVERTISED = Sought(r"default via fe80:\S+ .*\bproto ra\b")


def differing_moments(evidence: tuple[Evidence, ...]) -> Iterator[Hinted]:
    """Yield the difference of each output of which the texts show a working and a broken moment."""
    for reading in (each for one in evidence for each in one.all(DIFFERENCES)):
        for line in reading.text.splitlines():
            found = msgspec.json.decode(line, type=Difference)
            if _has_lost_advertised(found):
                means = message("The default route from router advertisements is gone: a host that forwards IPv6 "
                                "ignores them unless accept_ra is 2")  # fmt: skip
                yield Hinted("ipv6-ra-ignored-when-forwarding", _WEIGHT + 4, means, found.line, found.command)
            means = message(
                "{command} differs: {working} when it works, {broken} when it is broken",
                command=found.command,
                working=_in_quotes(found.working),
                broken=_in_quotes(found.broken),
            )
            yield Hinted("", _WEIGHT, means, found.line, found.command)


def _has_lost_advertised(found: Difference) -> bool:
    """Return whether a default route that came by a router advertisement is there in the working moment only."""
    advertised = any(_ADVERTISED.match(each) is not None for each in found.working)
    return advertised and not any(each.startswith("default ") for each in found.broken)


def _in_quotes(lines: tuple[str, ...]) -> str:
    return ", ".join(f"`{each}`" for each in lines[:2]) or _NONE
