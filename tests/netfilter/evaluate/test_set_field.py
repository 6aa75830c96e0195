import msgspec
import pytest

from hairpin.netfilter.evaluate.set_field import assign, offloaded
from hairpin.netfilter.ir import STATUS_OFFLOAD, SetField
from hairpin.netfilter.packet import RST, Seen
from tests.netfilter.seen import FIRST, question
from tests.rows import each_row

MARKED = msgspec.structs.replace(FIRST, packet=msgspec.structs.replace(FIRST.packet, mark=0xF0, dscp=10))
UNTRACKED = msgspec.structs.replace(MARKED, connection=None)

# packet, write, its mark, its connection's mark, TTL, DSCP afterwards
CASES: dict[str, tuple[Seen, SetField, tuple[int, int | None, int, int]]] = {
    "set": (MARKED, SetField("mark", 0, 7), (7, 0x10, 64, 10)),
    "or": (MARKED, SetField("mark", 0xFFFFFFF0, 0xF), (0xFF, 0x10, 64, 10)),
    "xor": (MARKED, SetField("mark", 0xFFFFFFFF, 0x11), (0xE1, 0x10, 64, 10)),
    "32 bits": (MARKED, SetField("mark", 0, 1 << 32 | 5), (5, 0x10, 64, 10)),
    "restore": (MARKED, SetField("mark", 0, source="ct-mark"), (0x10, 0x10, 64, 10)),
    "restore some bits": (MARKED, SetField("mark", 0xF0, source="ct-mark", source_mask=0xF), (0xF0, 0x10, 64, 10)),
    "save": (MARKED, SetField("ct-mark", 0, source="mark"), (0xF0, 0xF0, 64, 10)),
    "connection mark": (MARKED, SetField("ct-mark", 0, 3), (0xF0, 3, 64, 10)),
    "no connection to mark": (UNTRACKED, SetField("ct-mark", 0, 3), (0xF0, None, 64, 10)),
    "ttl": (MARKED, SetField("ttl", 0, 1), (0xF0, 0x10, 1, 10)),
    "dscp": (MARKED, SetField("dscp", 0, 46), (0xF0, 0x10, 64, 46)),
    "what does not steer": (MARKED, SetField("ecn", 0, 1), (0xF0, 0x10, 64, 10)),
}


@each_row(("seen", "write", "expected"), CASES.values(), ids=CASES)
def test_assign(seen: Seen, write: SetField, expected: tuple[int, int | None, int, int]) -> None:
    after = assign(seen, write)
    assert after is not None
    mark = after.connection.mark if after.connection is not None else None
    assert (after.packet.mark, mark, after.packet.ttl, after.packet.dscp) == expected


def test_without_a_connection_there_is_no_mark_to_restore() -> None:
    assert assign(UNTRACKED, SetField("mark", 0, source="ct-mark")) is None


def test_offloaded() -> None:
    after = offloaded(question(FIRST))
    assert after is not None
    assert after.connection is not None
    assert (after.connection.status & STATUS_OFFLOAD, after.packet) == (STATUS_OFFLOAD, FIRST.packet)


ENDED = msgspec.structs.replace(FIRST, packet=msgspec.structs.replace(FIRST.packet, tcp_flags=RST))


@pytest.mark.parametrize("seen", (UNTRACKED, ENDED))
def test_not_offloaded(seen: Seen) -> None:
    assert offloaded(question(seen)) is None
