"""A namespace's live connection table, found by tuple: hosts have hundreds of thousands of entries."""

from collections import OrderedDict
from typing import Literal

from hairpin.netfilter.ir import STATUS_DYING
from hairpin.netfilter.packet import Connection, Tuple

Known = tuple[Connection, Literal[0, 1]]
"""A connection, and the direction of the packet that was looked up."""

_Source = tuple[int, int, int, int, int]

_KEPT = 16
"""Tables whose index is kept: those of the namespaces that one walk visits."""


class ConnectionIndex:
    """Connections by both their tuples, and by where they come from.  It holds the table, so that no other one gets its
    identity meanwhile."""

    __slots__ = ("_by_source", "_by_tuple", "_connections")

    def __init__(self, connections: tuple[Connection, ...]) -> None:
        self._connections = connections
        self._by_tuple: dict[tuple[int, int, Tuple], Known] = {}
        self._by_source: dict[_Source, list[Connection]] | None = None
        for each in connections:
            if not each.status & STATUS_DYING:
                self._by_tuple.setdefault((each.version, each.zone, each.reply), (each, 1))
                self._by_tuple.setdefault((each.version, each.zone, each.original), (each, 0))

    def find(self, version: int, zone: int, wanted: Tuple) -> Known | None:
        """Return the zone's connection that has the tuple in one of its directions."""
        return self._by_tuple.get((version, zone, wanted))

    def from_source(self, version: int, zone: int, wanted: Tuple) -> list[Connection]:
        """Return the connections that began with that protocol, address and port (nf_nat_bysource)."""
        if self._by_source is None:
            self._by_source = {}
            for each in self._connections:
                self._by_source.setdefault(_source(each.version, each.zone, each.original), []).append(each)
        return self._by_source.get(_source(version, zone, wanted), [])


def _source(version: int, zone: int, of: Tuple) -> _Source:
    return version, zone, of.protocol, of.saddr, of.sport


_INDEXES: OrderedDict[int, ConnectionIndex] = OrderedDict()


def index_of(connections: tuple[Connection, ...]) -> ConnectionIndex:
    """Return the table's index; of a table that was asked for lately it is there already."""
    key = id(connections)
    found = _INDEXES.get(key)
    if found is not None:
        return found
    while len(_INDEXES) >= _KEPT:
        _INDEXES.popitem(last=False)
    found = _INDEXES[key] = ConnectionIndex(connections)
    return found
