import msgspec

from hairpin.netfilter.ir import STATUS_DYING
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.walk.hooks.connection_index import index_of

ASKED = Tuple(1, 2, UDP, 1000, 53)
ANSWER = Tuple(3, 1, UDP, 53, 1000)
KNOWN = Connection(4, ASKED, ANSWER)


def test_find() -> None:
    index = index_of((KNOWN,))
    assert index.find(4, 0, ASKED) == (KNOWN, 0)
    assert index.find(4, 0, ANSWER) == (KNOWN, 1)
    assert index.find(6, 0, ASKED) is None
    assert index.find(4, 0, ASKED.reversed()) is None


def test_who_is_forgotten_is_not_found() -> None:
    dying = msgspec.structs.replace(KNOWN, status=STATUS_DYING)
    assert index_of((dying,)).find(4, 0, ASKED) is None
    assert index_of((dying, KNOWN)).find(4, 0, ASKED) == (KNOWN, 0)


def test_zones_are_tables_of_their_own() -> None:
    zoned = msgspec.structs.replace(KNOWN, zone=7)
    index = index_of((zoned, KNOWN))
    assert index.find(4, 7, ASKED) == (zoned, 0)
    assert index.find(4, 0, ASKED) == (KNOWN, 0)
    assert index.find(4, 1, ASKED) is None
    assert index.from_source(4, 7, ASKED) == [zoned]


def test_from_source() -> None:
    other = msgspec.structs.replace(KNOWN, original=msgspec.structs.replace(ASKED, daddr=9))
    index = index_of((KNOWN, other))
    assert index.from_source(4, 0, ASKED) == [KNOWN, other]
    assert index.from_source(4, 0, ANSWER) == []


def test_an_index_is_kept_for_its_table_only() -> None:
    tables = [(msgspec.structs.replace(KNOWN, mark=mark),) for mark in range(40)]
    first = index_of(tables[0])
    assert index_of(tables[0]) is first
    for table in tables:
        found = index_of(table).find(4, 0, ASKED)
        assert found is not None
        assert found[0] is table[0]
    assert index_of(tables[0]) is not first
