"""The same kernel state, read by the collector with each suite's tools: the parsed hosts must be equal.

Only in a network namespace made for it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

import msgspec

from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import HOST
from hairpin.host.host import Namespace
from hairpin.host.read.parse import parse
from hairpin.netfilter.ir import Set
from tests.conformance.userland import Userland

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | tuple[Plain, ...] | str | int | float | bool | None"
PARTS = ("links", "addresses", "routes", "rules", "neighbours", "fdb", "sockets", "connections")
_PASSING = frozenset({"evidence", "text", "origin", "handle", "counters", "packets", "bytes", "timeout_s"})
"""Fields that may differ between two readings of the same state."""

_PASSING_STATES = ("REACHABLE", "STALE")
"""States of neighbour entries that follow each other without an event."""
_ASKED_NOW = ("INCOMPLETE", "FAILED", "DELAY", "PROBE")
"""States of neighbours that the kernel is resolving at this moment."""


class Read(NamedTuple):
    """The state as a suite's tools show it: each part, the readings that failed, and the sets that these tools made."""

    parts: dict[str, tuple[Any, ...]]
    unread: tuple[str, ...]
    made: frozenset[str]


def read(tools: Userland, made: frozenset[str]) -> Read:
    """Return this process's network namespace as hairpin knows it from the suite's tools; ``made``: its sets' names."""
    host = parse(collect(LocalRunner(tools.argv("sh")), docker_host="unix:///nonexistent"))
    namespace = host.namespace(HOST) if HOST in host else Namespace(HOST)
    parts: dict[str, tuple[Any, ...]] = {part: getattr(namespace, part) for part in PARTS}
    parts["neighbours"] = tuple(each for each in namespace.neighbours if each.state not in _ASKED_NOW)
    parts["sets"] = namespace.ruleset.ipsets
    unread = tuple(f"{each.key}: {each.reason}" for each in host.unread if each.netns == HOST)
    return Read({name: tuple(map(_lasting, values)) for name, values in parts.items()}, unread, made)


def differences(mine: Read, other: Read) -> Iterator[str]:
    """Yield the parts that one state has and the other lacks."""
    for part in mine.parts:
        values, others = (_comparable(part, one, mine.made & other.made) for one in (mine, other))
        yield from (f"{part}: not with these tools: {_told(each)}" for each in _without(values, others))
        yield from (f"{part}: only with these tools: {_told(each)}" for each in _without(others, values))
    if len(other.parts["sets"]) != len(other.made):
        yield f"sets: {len(other.made)} made, {len(other.parts['sets'])} read"
    yield from (f"unread: {each}" for each in other.unread)


def _comparable(part: str, one: Read, sets: frozenset[str]) -> list[Any]:
    """Return the part; of the sets only those that both suites' tools can make."""
    return [each for each in one.parts[part] if part != "sets" or each["name"] in sets]


def _without(values: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    left = list(others)
    found: list[Any] = []
    for each in values:
        if each in left:
            left.remove(each)
        else:
            found.append(each)
    return found


def _lasting(value: Any) -> Any:
    """Return the value as plain data, without what may differ between two readings."""
    plain = msgspec.to_builtins(value, str_keys=True)
    if isinstance(value, Set):
        plain["elements"] = sorted(plain["elements"], key=repr)
    return _stripped(plain)


def _stripped(value: Plain) -> Plain:
    if isinstance(value, dict):
        return {
            key: "passing" if each in _PASSING_STATES else _stripped(each)
            for key, each in value.items()
            if key not in _PASSING
        }
    return [_stripped(each) for each in value] if isinstance(value, list | tuple) else value


def _told(value: dict[str, Any]) -> str:
    return ", ".join(f"{key}={each}" for key, each in value.items() if each not in (None, (), [], "", False))
