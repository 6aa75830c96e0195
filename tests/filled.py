"""Values of a type, made of its annotations.  By them a test asks for each field of a type, also for a new one."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import msgspec

from hairpin.message import Message, message


def filled(hint: object, text: str, number: int) -> object:
    """Return a value of the annotated type.  Its words are ``text``, its numbers are ``number``; a truth is whether
    ``number`` is odd."""
    return _filled(hint, text, number, deep=False)


def _filled(hint: object, text: str, number: int, *, deep: bool) -> object:
    origin: object = get_origin(hint)
    parts: tuple[object, ...] = get_args(hint)
    if origin is Annotated:
        return _filled(parts[0], text, number, deep=deep)
    if origin is Literal:
        return parts[number % len(parts)]
    if origin is Union or origin is UnionType:
        return _filled(next(each for each in parts if each is not NoneType), text, number, deep=deep)
    held = tuple(_filled(each, text, number, deep=deep) for each in parts if each is not ...)
    if origin is not None:
        return held if origin is tuple else frozenset(held) if origin is frozenset else {held[0]: held[1]}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        wanted = [each for each in msgspec.structs.fields(hint) if each.required or not deep]
        return hint(**{each.name: _filled(each.type, text, number, deep=True) for each in wanted})
    plain: Mapping[object, object] = {
        bool: number % 2 == 1, int: number, float: float(number), str: text, Message: message("{text}", text=text),
    }  # fmt: skip
    return plain[hint]
