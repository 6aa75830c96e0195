import weakref

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter.ir import STATUS_DYING
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.walk.hooks.connection_index import ConnectionIndex, connections_of

ASKED = Tuple(1, 2, UDP, 1000, 53)
ANSWER = Tuple(3, 1, UDP, 53, 1000)
KNOWN = Connection(4, ASKED, ANSWER)


def test_find() -> None:
    index = ConnectionIndex((KNOWN,))
    assert index.find(4, 0, ASKED) == (KNOWN, 0)
    assert index.find(4, 0, ANSWER) == (KNOWN, 1)
    assert index.find(6, 0, ASKED) is None
    assert index.find(4, 0, ASKED.reversed()) is None


def test_a_deleted_connection_is_not_found() -> None:
    dying = msgspec.structs.replace(KNOWN, status=STATUS_DYING)
    assert ConnectionIndex((dying,)).find(4, 0, ASKED) is None
    assert ConnectionIndex((dying, KNOWN)).find(4, 0, ASKED) == (KNOWN, 0)


def test_zones_are_tables_of_their_own() -> None:
    zoned = msgspec.structs.replace(KNOWN, zone=7)
    index = ConnectionIndex((zoned, KNOWN))
    assert index.find(4, 7, ASKED) == (zoned, 0)
    assert index.find(4, 0, ASKED) == (KNOWN, 0)
    assert index.find(4, 1, ASKED) is None
    assert index.from_source(4, 7, ASKED) == [zoned]


def test_from_source() -> None:
    other = msgspec.structs.replace(KNOWN, original=msgspec.structs.replace(ASKED, daddr=9))
    index = ConnectionIndex((KNOWN, other))
    assert index.from_source(4, 0, ASKED) == [KNOWN, other]
    assert index.from_source(4, 0, ANSWER) == []


def test_namespaces_that_share_a_table_share_its_index() -> None:
    before = Namespace("host", connections=(KNOWN,))
    changed = msgspec.structs.replace(before, unread=("sysctl",))
    assert connections_of(before) is connections_of(before)
    assert connections_of(changed) is connections_of(before)
    assert connections_of(Namespace("host", connections=(KNOWN,))) is not connections_of(before)


def test_an_index_goes_with_the_last_namespace_that_has_its_table() -> None:
    before = Namespace("host", connections=(KNOWN,))
    changed = msgspec.structs.replace(before, unread=("sysctl",))
    index = weakref.ref(connections_of(before))
    connections_of(changed)
    del before
    assert index() is not None
    del changed
    assert index() is None


def test_each_table_is_found_in_its_own_index() -> None:
    for mark in range(40):
        namespace = Namespace("host", connections=(msgspec.structs.replace(KNOWN, mark=mark),))
        found = connections_of(namespace).find(4, 0, ASKED)
        assert found is not None
        assert found[0] is namespace.connections[0]
