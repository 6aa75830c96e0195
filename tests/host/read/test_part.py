"""The fields that a part shares with its predecessor."""

import msgspec

from hairpin.host.read.part import as_before


class Two(msgspec.Struct, frozen=True):
    one: tuple[int, ...]
    other: tuple[int, ...]


def test_an_equal_part_is_the_one_before() -> None:
    before = Two((1,), (2,))
    assert as_before(before, Two((1,), (2,))) is before
    assert as_before((1, 2), (1, 3)) == (1, 3)


def test_fields_that_have_not_changed_are_those_before() -> None:
    before = Two(tuple(range(3)), (2,))
    after = as_before(before, Two(tuple(range(3)), (3,)))
    assert after == Two((0, 1, 2), (3,))
    assert after.one is before.one
