"""Blocks of two sequences: they make up both, and equal members correspond."""

from hypothesis import given
from hypothesis import strategies as st

from hairpin.compare.edit import Block
from hairpin.compare.sequences import blocks

MEMBERS = st.lists(st.integers(0, 6), max_size=14)


@given(was=MEMBERS, now=MEMBERS)
def test_blocks_make_up_both_sequences(was: list[int], now: list[int]) -> None:
    found = blocks(was, now)
    assert [was[at] for each in found for at in range(each.first, each.last)] == was
    assert [now[at] for each in found for at in range(each.start, each.end)] == now
    assert all(was[each.first : each.last] == now[each.start : each.end] for each in found if each.same)


def test_one_member_inserted() -> None:
    assert blocks("abcd", "abxcd") == (
        Block(same=True, first=0, last=2, start=0, end=2),
        Block(same=False, first=2, last=2, start=2, end=3),
        Block(same=True, first=2, last=4, start=3, end=5),
    )


def test_long_sequences_with_scattered_changes() -> None:
    was = list(range(20_000))
    now = [each for each in was if each % 5000 != 17]
    gone = [at for each in blocks(was, now) if not each.same for at in range(each.first, each.last)]
    assert gone == [17, 5017, 10017, 15017]


def test_long_sequences_that_repeat() -> None:
    was, now = [1, 2] * 400, [2, 1] * 400
    found = blocks(was, now)
    assert sum(each.last - each.first for each in found if not each.same) <= 2
