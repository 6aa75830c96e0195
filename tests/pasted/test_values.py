"""A value of another type is as an absent one."""

from hairpin.pasted.values import list_of, object_of, objects_of


def test_a_value_of_the_type_is_returned() -> None:
    assert object_of({"a": 1}) == {"a": 1}
    assert list_of([1, 2]) == [1, 2]
    assert objects_of([{"a": 1}, 2, {}]) == [{"a": 1}, {}]


def test_another_type_is_absent() -> None:
    for value in (None, 1, "text", True):
        assert (object_of(value), list_of(value), objects_of(value)) == ({}, [], [])
    assert (object_of([]), list_of({})) == ({}, [])
