"""What a field of a host's state is, said on the field: ``mac: Annotated[int | None, of("mac")] = None``.

A field without a description is ordinary.  Alike containers have the same value in it, ``hairpin diff`` lists a
difference of it, and it keeps its value over a boot of the host, or over a stop of its container.  msgspec and the type
checkers ignore descriptions.  Whoever treats all fields of a type asks ``facts_of`` and has no list of names.
``tests/acceptance/test_fields.py`` holds that each field is treated as it says.
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
Role = Literal["name", "id", "netns", "netnsid", "link", "index", "inner-index", "mac", "address", "port"]
"""The role of a value that can belong to one container alone: a number may be an address in one field and a port in
another.

``link`` and ``index`` are the name and the index of a veth's end on the host.  ``inner-index`` is the index of the
veth's other end, in the container.  ``netnsid`` is the host's id for the container's namespace."""


class FieldFacts(msgspec.Struct, frozen=True):
    """The description of one field.

    ``role``: the role of its values, None for a value that can belong to no container alone.  ``inside``: the role in
    the container's own namespace, if it is another one.  ``walked``: False if the field decides no walk, or if it is
    compared separately.

    ``order``, of a part of a namespace: whether the kernel lists its entries in an order that has a meaning (``kept``)
    or depends on a hash (``any``).  A part that is compared ``whole`` has no values of a container in the container's
    own namespace.  A part of its ``own`` has code of its own in ``network/kinds``.

    ``diff``: whether a difference is ``listed``.  A difference is listed, too, if no command of a change can make it
    (``beside``).  The kernel or a program fills a field that is ``learned``, so its difference is listed only if it
    decides a flow.  A field that is compared ``never`` differs between any two hosts, or follows from other fields.

    ``lasts``: False if the field gets its default when the host boots, or when its container stops.  ``rebuilt``: False
    if a replica lacks the value."""

    role: Role | None = None
    inside: Role | Literal["none"] | None = None
    walked: bool = True
    order: Literal["kept", "any", "whole", "own"] = "whole"
    diff: Literal["listed", "beside", "learned", "never"] = "listed"
    lasts: bool = True
    rebuilt: bool = True

    def role_within(self, *, inside: bool) -> Role | None:
        """Return the role of the field's values.  ``inside``: whether the reading is of a container's namespace."""
        within = self.inside if inside and self.inside is not None else self.role
        return None if within == "none" else within


of = FieldFacts
_ORDINARY = FieldFacts()
_SOURCE = FieldFacts(walked=False, diff="never", rebuilt=False)
"""The description of ``evidence`` and ``entry``, which tell where a value was read, in every type."""


@cache
def facts_of(kind: type[msgspec.Struct]) -> Mapping[str, FieldFacts]:
    """Return the description of each field of the type, in the fields' order."""
    hints = {name: hint for base in kind.__mro__[::-1] for name, hint in vars(base).get("__annotations__", {}).items()}
    return {name: _SOURCE if name in ("evidence", "entry") else _facts(hints[name]) for name in kind.__struct_fields__}


def _facts(hint: object) -> FieldFacts:
    return next((each for each in getattr(hint, "__metadata__", ()) if isinstance(each, FieldFacts)), _ORDINARY)


@cache
def compared_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the fields in which two values of the type may differ."""
    return tuple(name for name, facts in facts_of(kind).items() if facts.diff != "never")


def as_compared(value: S) -> S:
    """Return the value with the defaults of all fields that are compared never."""
    return msgspec.structs.replace(value, **_defaults(type(value), "diff", "never"))


def lost_fields(kind: type[msgspec.Struct]) -> Mapping[str, object]:
    """Return the fields that do not last, each with its default."""
    return _defaults(kind, "lasts", False)


@cache
def _defaults(kind: type[msgspec.Struct], fact: str, value: object) -> Mapping[str, object]:
    defaults = dict(zip(kind.__struct_fields__[::-1], kind.__struct_defaults__[::-1], strict=False))
    return {name: defaults[name] for name, facts in facts_of(kind).items() if getattr(facts, fact) == value}
