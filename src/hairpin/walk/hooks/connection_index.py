"""An index of a namespace's conntrack table, of which the collector lists up to 20000 entries."""

from typing import Literal
from weakref import WeakValueDictionary

from hairpin.host.host import Namespace
from hairpin.kept import kept
from hairpin.netfilter.ir import STATUS_DYING
from hairpin.netfilter.packet import Connection, Tuple

Known = tuple[Connection, Literal[0, 1]]
"""A connection, and the direction (0: original, 1: reply) whose tuple was looked up."""

_Source = tuple[int, int, int, int, int]
_Sender = tuple[int, int, int, int, int]

LISTED_MOST = 20000
"""The collector lists at most this number of conntrack entries: collect.sh capped()."""


class ConnectionIndex:
    """An index of connections by the tuples of both directions, by source (protocol, address and port), by sender,
    and by receiver."""

    __slots__ = ("__weakref__", "_by_source", "_by_tuple", "_connections", "_of_sender", "_to_receiver")

    def __init__(self, connections: tuple[Connection, ...]) -> None:
        self._connections = connections
        self._by_tuple: dict[tuple[int, int, Tuple], Known] = {}
        self._by_source: dict[_Source, list[Connection]] | None = None
        self._of_sender: dict[_Sender, list[Connection]] | None = None
        self._to_receiver: dict[_Source, list[Connection]] | None = None
        for each in connections:
            if not each.status & STATUS_DYING:
                self._by_tuple.setdefault((each.version, each.zone, each.reply), (each, 1))
                self._by_tuple.setdefault((each.version, each.zone, each.original), (each, 0))

    def find(self, version: int, zone: int, wanted: Tuple) -> Known | None:
        """Return the zone's connection that has the tuple in one of its directions."""
        return self._by_tuple.get((version, zone, wanted))

    def from_source(self, version: int, zone: int, wanted: Tuple) -> list[Connection]:
        """Return the connections whose original tuple has the protocol, source address and source port of ``wanted``
        (nf_nat_bysource)."""
        if self._by_source is None:
            self._by_source = {}
            for each in self._connections:
                self._by_source.setdefault(_source(each.version, each.zone, each.original), []).append(each)
        return self._by_source.get(_source(version, zone, wanted), [])

    def of_sender(self, version: int, wanted: Tuple) -> list[Connection]:
        """Return the connections whose original tuple equals ``wanted``, apart from the source port."""
        if self._of_sender is None:
            self._of_sender = {}
            for each in self._connections:
                self._of_sender.setdefault(_sender(each.version, each.original), []).append(each)
        return self._of_sender.get(_sender(version, wanted), [])

    def to_receiver(self, version: int, wanted: Tuple) -> list[Connection]:
        """Return the connections of all zones and senders whose packets go to the protocol, address and port of
        ``wanted`` after their translation."""
        if self._to_receiver is None:
            self._to_receiver = {}
            for each in self._connections:
                self._to_receiver.setdefault(_receiver(each.version, each.reply.reversed()), []).append(each)
        return self._to_receiver.get(_receiver(version, wanted), [])


def _receiver(version: int, of: Tuple) -> _Source:
    return version, 0, of.protocol, of.daddr, of.dport


def _sender(version: int, of: Tuple) -> _Sender:
    return version, of.protocol, of.saddr, of.daddr, of.dport


def _source(version: int, zone: int, of: Tuple) -> _Source:
    return version, zone, of.protocol, of.saddr, of.sport


_BY_TABLE: WeakValueDictionary[int, ConnectionIndex] = WeakValueDictionary()
"""The indexes in use, by the id() of the conntrack table that they index."""


@kept
def connections_of(namespace: Namespace) -> ConnectionIndex:
    """Return the index of the namespace's conntrack table.

    Two namespace values with the same table share its index: for example, a namespace before and after a change of its
    rules.  The index is freed together with the last of these values.
    """
    table = namespace.connections
    found = _BY_TABLE.get(id(table))
    if found is None:
        found = _BY_TABLE[id(table)] = ConnectionIndex(table)
    return found
