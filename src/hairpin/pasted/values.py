"""Reads values of unchecked JSON documents: a field may be missing or have another type."""

from collections.abc import Iterable
from typing import Any, cast

Object = dict[str, Any]


def object_of(value: object) -> Object:
    """Return the value if it is an object, else an empty object."""
    return cast("Object", value) if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """Return the value if it is a list, else an empty list."""
    return [*cast("Iterable[Any]", value)] if isinstance(value, list) else []


def objects_of(value: object) -> list[Object]:
    """Return the objects in a list; no object if the value is no list."""
    return [cast("Object", each) for each in list_of(value) if isinstance(each, dict)]
