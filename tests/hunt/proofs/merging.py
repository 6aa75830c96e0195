"""Two faults on one host: what each of two broken hosts has otherwise than the healthy one, on that one.

Values are merged as version control merges files: what only one side changes is taken, what both change is merged part
by part, and where that does not work there is no such host.
"""

from collections.abc import Hashable
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")
_NAMES = ("name", "id", "path")
"""The fields by which the items of a sequence are told apart."""


class ConflictError(Exception):
    """Both sides change one value, each in its own way."""


def merged(base: T, one: T, other: T) -> T:
    """Return the base with the changes of both sides; raise ConflictError where they do not go together."""
    if one is other or other in (one, base):
        return one
    if one == base:
        return other
    merge = next((merge for kind, merge in _MERGES if all(isinstance(each, kind) for each in (base, one, other))), None)
    if merge is None or not type(base) is type(one) is type(other):
        raise ConflictError
    return cast(T, merge(base, one, other))


def _structs(base: Any, one: Any, other: Any) -> Any:
    fields = base.__struct_fields__
    return type(base)(
        **{each: merged(getattr(base, each), getattr(one, each), getattr(other, each)) for each in fields}
    )


def _mappings(base: Any, one: Any, other: Any) -> Any:
    missing = object()
    found = {key: merged(*(each.get(key, missing) for each in (base, one, other))) for key in {**base, **one, **other}}
    return {key: value for key, value in found.items() if value is not missing}


def _sequences(base: Any, one: Any, other: Any) -> Any:
    if len(base) == len(one) == len(other):
        return tuple(merged(*each) for each in zip(base, one, other, strict=True))
    keyed = [{_key(item): item for item in each} for each in (base, one, other)]
    if any(len(keys) != len(each) for keys, each in zip(keyed, (base, one, other), strict=True)):
        raise ConflictError
    if any(hasattr(item, "number") for each in (base, one, other) for item in each):
        raise ConflictError  # rules: what one side inserts moves the numbers of the other's
    return tuple(_mappings(*keyed).values())


def _key(item: Any) -> Hashable:
    return cast(Hashable, next((getattr(item, each) for each in _NAMES if hasattr(item, each)), item))


_MERGES = ((msgspec.Struct, _structs), (dict, _mappings), (tuple, _sequences))
