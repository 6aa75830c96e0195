"""Derivations hang on their values."""

import copy
import gc
import weakref

import msgspec

from hairpin.kept import kept


class Value(msgspec.Struct, frozen=True, dict=True):
    numbers: tuple[int, ...]


class Sum:
    def __init__(self, value: Value) -> None:
        self.sum = sum(value.numbers)


@kept
def sum_of(value: Value) -> Sum:
    """Return the sum."""
    return Sum(value)


@kept
def count_of(value: Value) -> int:
    """Return how many there are."""
    return len(value.numbers)


def test_a_derivation_is_made_once() -> None:
    value = Value((1, 2))
    assert sum_of(value) is sum_of(value)
    assert (sum_of(value).sum, count_of(value)) == (3, 2)


def test_an_equal_value_has_its_own() -> None:
    assert sum_of(Value((1,))) is not sum_of(Value((1,)))


def test_a_derivation_goes_with_its_value() -> None:
    value = Value((1, 2))
    derived = weakref.ref(sum_of(value))
    gc.disable()
    try:
        del value
        assert derived() is None  # at once, without a search for cycles
    finally:
        gc.enable()


def test_the_value_is_as_it_was() -> None:
    value, other = Value((1, 2)), Value((1, 2))
    sum_of(value)
    assert value == other
    assert hash(value) == hash(other)
    assert msgspec.json.encode(value) == b'{"numbers":[1,2]}'
    assert not msgspec.structs.replace(value).__dict__
    assert not copy.copy(value).__dict__
