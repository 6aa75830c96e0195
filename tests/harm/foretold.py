"""The effects that ``fix`` foretells, held against real exchanges.

hairpin asks for each kind of flow from one client of each kind.  So a flow that was measured is held against what is
foretold of the same kind of client and the same service; the port that nobody publishes stands for its container.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from hairpin.lab.topology import HOST, HOST_SECOND, NEIGHBOUR
from tests.harm.case import Case
from tests.harm.hairpin import Part, Said
from tests.hunt.real.flows import LAN, Outcomes
from tests.score.all_flows import UNPUBLISHED, Way

Key = tuple[str, str]
"""The kind of the client, or the container that wants out; the service, or the kind of the way out."""
_HOSTS = (HOST, HOST_SECOND, "127.0.0.1")
_TARGET = re.compile(r"\[?(?P<address>[^\]]+?)\]?:(?P<port>\d+)/(?P<protocol>\w+)")


def key_of(way: Way) -> Key | None:
    """Return what a measured flow is held against; None for what hairpin cannot know of: a listener that is there only
    while flows are tried."""
    start = _client(way.start)
    if way.to.startswith("container:"):
        return start, way.to
    protocol = "udp" if way.port.endswith("/udp") else "tcp"
    if way.to in _HOSTS or way.to.endswith(".1"):
        return None if way.port == str(UNPUBLISHED) else (start, f"{way.to}:{way.port}")
    return way.start, _way_out(way.to, protocol)


def key_told(told: Part, containers: Mapping[str, str]) -> Key | None:
    """Return the same of a foretold flow.  ``containers``: the name of each container's address."""
    found = _TARGET.fullmatch(str(told.get("to")))
    if found is None:
        return None
    address, origin = found["address"], str(told.get("from"))
    if address in containers:
        return _client(origin), containers[address]
    if address in _HOSTS or address.endswith(".1"):
        return _client(origin), f"{address}:{found['port']}"
    return origin.partition(" ")[0], _way_out(address, found["protocol"])


def _client(start: str) -> str:
    for kind in ("container", "host", "lan"):
        if start.startswith(kind):
            return kind
    return "lan" if start in ("neighbour", LAN, NEIGHBOUR) else "outside"


def _way_out(address: str, protocol: str) -> str:
    return "to the LAN" if address.startswith("198.51.100.") else f"out by {protocol}"


def unlike(
    case: Case, changed: Mapping[str, tuple[Way, ...]], tried: Outcomes, fix: Said, containers: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield where what was foretold is not what was measured: ``unsaid`` or ``untrue``, and what.

    ``changed``: the flows that ``opens``, ``closes``, ``restores``.  ``tried``: all that were measured."""
    told = {kind: set(_keys(fix.parts(*kinds), containers)) for kind, kinds in _TOLD.items()}
    asked = {key_of(way) for way in tried if case.draw.is_asked(way)}
    for kind, ways in changed.items():
        unsaid = [way for way in ways if (key := key_of(way)) is not None and key not in told[kind] | asked]
        if unsaid:
            yield "unsaid", f"{kind} {len(unsaid)}: {', '.join(map(str, unsaid[:4]))}"
    for kind, of in (("opens", ("opens", "restores")), ("closes", ("closes",))):
        happened = {key_of(way) for each in of for way in changed[each]}
        known = {key_of(way) for way in tried}
        untrue = sorted((told[kind] & known) - happened - asked)
        if untrue:
            yield "untrue", f"{kind} {len(untrue)}: {', '.join(' → '.join(each) for each in untrue[:4])}"


_TOLD = {"opens": ("opens", "restores"), "closes": ("closes",), "restores": ("restores", "opens")}
"""By what is measured, where it is foretold: that a flow passes then is said under either word."""


def _keys(told: Iterable[Part], containers: Mapping[str, str]) -> Iterator[Key]:
    for each in told:
        key = key_told(each, containers)
        if key is not None:
            yield key
