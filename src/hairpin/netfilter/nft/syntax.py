"""Access to the raw JSON of libnftables, for all readers.

Every statement and every expression is an object with one key that names it (``{"payload": {…}}``), or a plain value.
Source: libnftables-json(5); nftables src/json.c
"""

from typing import TypeAlias

from hairpin.errors import MalformedError
from hairpin.message import Message, message, verbatim

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Object: TypeAlias = dict[str, Json]

NOTHING: Object = {}


def single(value: Json) -> tuple[str, Json]:
    """Return the name and the content of an object with one key."""
    if not isinstance(value, dict) or len(value) != 1:
        raise MalformedError(message("expected an object with one key, found {found}", found=brief(value)))
    return next(iter(value.items()))


def named(value: Json) -> str | None:
    """Return the name of an expression; None for a plain value."""
    return next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None


def content(value: Json) -> Object:
    """Return the content of an object with one key, if this content is an object; else an empty object."""
    if isinstance(value, dict):
        for inner in value.values():
            if isinstance(inner, dict):
                return inner
    return NOTHING


def object_of(value: Json) -> Object:
    """Return the value, which must be a JSON object."""
    if not isinstance(value, dict):
        raise MalformedError(message("expected an object, found {found}", found=brief(value)))
    return value


def list_of(value: Json) -> list[Json]:
    """Return the value, which must be a list; an empty list for None, because nft omits empty lists."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedError(message("expected a list, found {found}", found=brief(value)))
    return value


def string(value: Object, key: str) -> str:
    """Return the text with that key, which must exist."""
    found = value.get(key)
    if not isinstance(found, str):
        raise MalformedError(message("{key!r} should be a string, found {found}", key=key, found=brief(found)))
    return found


def integer(value: Object, key: str) -> int | None:
    """Return the number with that key, or None if the key is missing."""
    found = value.get(key)
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool):
        raise MalformedError(message("{key!r} should be a number, found {found}", key=key, found=brief(found)))
    return found


def words(value: Json) -> tuple[str, ...]:
    """Return flags, devices and the like as a tuple.  nft writes one flag as a string, several flags as a list, and
    omits the key if there are none."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(str(word) for word in value)
    return (str(value),)


def element_value(element: Json) -> Json:
    """Return the value of a set's element, without the element's comment, timeout and counter."""
    if isinstance(element, dict) and len(element) == 1:
        inner = element.get("elem")
        if isinstance(inner, dict) and "val" in inner:
            return inner["val"]
    return element


def elements_of(value: Json) -> list[Json]:
    """Return the elements of ``{"set": […]}``.  In nft's JSON, a single element may be without a list."""
    if isinstance(value, dict):
        value = value.get("set")
    return value if isinstance(value, list) else [value]


def pair(mapping: Json) -> tuple[Json, Json]:
    """Return the key and the value of one element of a map."""
    mapping = element_value(mapping)
    if not isinstance(mapping, list) or len(mapping) != 2:
        raise MalformedError(message("expected a key and a value, found {found}", found=brief(mapping)))
    return element_value(mapping[0]), element_value(mapping[1])


def brief(value: Json) -> Message:
    """Return a short text of a JSON value, for an error message."""
    if isinstance(value, dict):
        return message("object of {number}", number=len(value))
    if isinstance(value, list):
        return message("list of {number}", number=len(value))
    text = repr(value)
    return verbatim(text if len(text) <= 60 else f"{text[:60]}…")
