"""Readings with placeholders for a container's own values.

The form of a reading is the tuple of its fields.  A field with an own value of the container has a placeholder
(``Own``) instead of the value.  A field that tells only where, when or how often something was read is None.  If the
forms of all readings of two containers are equal, the readings stay the same when the containers' own values are
exchanged.

A field says its role itself (``hairpin/field.py``).  A field without a role is a literal in every form, so an own value
in such a field makes its container a kind of its own.
"""

from collections.abc import Mapping
from typing import cast

import msgspec

from hairpin.field import Role, facts_of
from hairpin.host.route import Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Sysctls
from hairpin.host.traffic_control import BitsMatch
from hairpin.network.kinds.literals import Literals
from hairpin.network.kinds.own_values import Own, OwnValues
from hairpin.network.prefix import width

Form = tuple[object, ...]
Parts = tuple[object, ...]
_MOST_BITS = 128

_IS_LATE = Socket.__struct_fields__.index("is_late")
_PLAIN = frozenset({str, int, bool, type(None)})


class _Plan(msgspec.Struct, frozen=True):
    """The treatment of each field of a type, by the field's position.  ``lengths`` has the fields with a prefix
    length."""

    skipped: tuple[int, ...]
    roles: tuple[tuple[int, Role], ...]
    nested: tuple[int, ...]
    lengths: tuple[int, ...]


_PLANS: dict[tuple[type[msgspec.Struct], bool], _Plan] = {}


def _plan(kind: type[msgspec.Struct], *, inside: bool) -> _Plan:
    known = _PLANS.get((kind, inside))
    if known is None:
        facts = tuple(facts_of(kind).items())
        roles: tuple[tuple[int, Role | None], ...] = tuple(
            (place, each.role_within(inside=inside)) for place, (_, each) in enumerate(facts)
        )
        known = _PLANS[kind, inside] = _Plan(
            tuple(place for place, (_, each) in enumerate(facts) if not each.walked),
            tuple((place, role) for place, role in roles if role is not None and facts[place][1].walked),
            tuple(place for place, role in roles if role is None and facts[place][1].walked),
            tuple(place for place, (field, _) in enumerate(facts) if field.endswith("prefix_length")),
        )
    return known


def form_of(value: msgspec.Struct, own: OwnValues, *, inside: bool = False) -> Form:
    """Return the form of a reading.  ``inside`` is true if the reading is of the container's own namespace."""
    kind = type(value)
    plan = _plan(kind, inside=inside)
    fields: list[object] = list(msgspec.structs.astuple(value))
    for place in plan.skipped:
        fields[place] = None
    for place, role in plan.roles:
        fields[place] = _left_open(fields[place], own.get(role))
    if isinstance(value, Route):
        if value.prefix_length != width(value.version):
            fields[1] = value.destination
    elif isinstance(value, Socket):
        fields[_IS_LATE] = value.is_late and value.pid is None  # aftermath.py (events/) reads is_late only without pid
    for place in plan.nested:
        part = fields[place]
        if type(part) in _PLAIN:  # most fields
            continue
        if isinstance(part, msgspec.Struct):
            fields[place] = form_of(part, own, inside=inside)
        elif parts := _parts_of(part):
            fields[place] = _form_of_parts(parts, own, inside=inside)
    return (kind, *fields)


def _left_open(value: object, own: Mapping[int | str, Own] | None) -> object:
    if own is None:
        return value
    if isinstance(value, (int, str)):
        return own.get(value, value)
    parts = _parts_of(value)
    return value if parts is None else tuple([_left_open(each, own) for each in parts])


def _form_of_parts(parts: Parts, own: OwnValues, *, inside: bool) -> tuple[object, ...]:
    return tuple([form_of(each, own, inside=inside) if isinstance(each, msgspec.Struct) else each for each in parts])


def note(value: object, own: OwnValues, literals: Literals, *, inside: bool = False) -> None:
    """Note the literals of a reading.  ``own`` has the own values of the reading's container, which are no literals."""
    if isinstance(value, str):
        literals.note_word(value)
    elif isinstance(value, int):
        literals.note_number(value)
    elif isinstance(value, BitsMatch):
        literals.unknown = True
    elif isinstance(value, Sysctls):
        note_sysctls(value, literals)
    elif isinstance(value, msgspec.Struct):
        _note_struct(value, own, literals, inside=inside)
    elif (parts := _parts_of(value)) is not None:
        _note_tuple(parts, own, literals, inside=inside)
    elif value is not None and not isinstance(value, float):  # no own value of a container is a float
        literals.unknown = True


def _note_tuple(value: Parts, own: OwnValues, literals: Literals, *, inside: bool) -> None:
    """Note the elements of a tuple.  Two numbers may be a range, or a network and its prefix length."""
    match value:
        case (int(first), int(second)):
            literals.note_range(min(first, second), max(first, second))
            if second <= _MOST_BITS:
                literals.note_prefix(first, second)
        case _:
            pass
    for each in value:
        note(each, own, literals, inside=inside)


def note_sysctls(sysctls: Sysctls, literals: Literals) -> None:
    """Note the names in the sysctls' paths, and the numbers in their values, such as the range of local ports."""
    for word in {part for path in sysctls.values for part in path}:
        literals.note_word(word)
    for text in set(sysctls.values.values()):
        literals.note_text(text)


def _note_struct(value: msgspec.Struct, own: OwnValues, literals: Literals, *, inside: bool) -> None:
    plan = _plan(type(value), inside=inside)
    fields: Parts = msgspec.structs.astuple(value)
    for place, role in plan.roles:
        held = own.get(role, {})
        for part in _parts_of(fields[place]) or (fields[place],):
            if isinstance(part, (int, str)) and part not in held:
                literals.note_point(role, part)
    for length in [fields[place] for place in plan.lengths]:
        for each in fields:
            if isinstance(each, int) and isinstance(length, int):
                literals.note_prefix(each, length)
    for place in plan.nested:
        note(fields[place], own, literals, inside=inside)


def _parts_of(value: object) -> Parts | None:
    """Return the elements of a tuple; None if the value is no tuple."""
    return cast("Parts", value) if isinstance(value, tuple) else None
