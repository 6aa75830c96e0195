"""Rules with placeholders for a container's own values, and the literals of all other rules.

A rule belongs to a container if only packets with one of the container's own values in a certain field, the rule's
*key*, satisfy it.  No packet satisfies two rules of different containers with the same key, so the order of such rules
does not matter.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

import msgspec

from hairpin.field import Role
from hairpin.netfilter import ir
from hairpin.netfilter.limit import ConnectionLimit
from hairpin.network.kinds.forms import Form
from hairpin.network.kinds.literals import Literals
from hairpin.network.kinds.own_values import NOTHING_OWN, OwnValues

Claims = Mapping[Role, Mapping[int | str, int]]
"""The number of the container that owns each value, by role and value."""


class OwnRule(msgspec.Struct, frozen=True):
    """A rule that belongs to one container.  ``before`` is the number of earlier rules in its chain that belong to no
    container."""

    owner: int
    rule: ir.Rule
    before: int


def _of_field(field: str) -> Role | None:
    """Return the role of the field's numbers or names, if containers have own values of that role; else None."""
    if field in ("iif", "oif", "physin", "physout"):
        return "link"
    if field in ("smac", "dmac"):
        return "mac"
    if field.endswith(("addr4", "addr6")):
        return "address"
    return "port" if field.endswith(("sport", "dport")) else None


_ROLES: dict[str, Role | None] = {field: _of_field(field) for field in (*get_args(ir.Field), *get_args(ir.NameField))}


def own_rules(chain: ir.Chain, claims: Claims) -> tuple[tuple[OwnRule, ...], tuple[ir.Rule, ...]]:
    """Return the rules of the chain that belong to containers, and its other rules.

    All rules that belong to containers have the same key, the most frequent key in the chain.  A packet could satisfy a
    rule with this key and also a rule with another key, so a rule with another key belongs to no container."""
    found = tuple((rule, _owner(rule, claims)) for rule in chain.rules)
    keys = Counter(key for _, held in found if held is not None for key in held[1])
    if not keys:
        return (), chain.rules
    key = keys.most_common(1)[0][0]
    owned: list[OwnRule] = []
    others: list[ir.Rule] = []
    for rule, held in found:
        if held is not None and key in held[1]:
            owned.append(OwnRule(held[0], rule, len(others)))
        else:
            others.append(rule)
    return tuple(owned), tuple(others)


def _owner(rule: ir.Rule, claims: Claims) -> tuple[int, frozenset[str]] | None:
    """Return the number of the rule's container, and the fields in which a packet needs one of the container's values;
    None if the rule belongs to no container.

    A port counts only if no other value in the rule names a container: the port of one container may equal the
    published port of another container."""
    mentions = tuple(_mentions(rule, claims))
    first = tuple(each for each in mentions if each[1] != "port") or mentions
    owners = {owner for owner, _, _ in first}
    if len(owners) != 1:
        return None
    (owner,) = owners
    keys = frozenset(field for of, _, field in mentions if of == owner and field)
    return (owner, keys) if keys else None


def _mentions(rule: ir.Rule, claims: Claims) -> Iterator[tuple[int, Role, str]]:
    """Yield, for each own value in the rule, its owner, its role, and the field in which a packet must have it (empty
    if the rule only translates to it)."""
    for part in rule.body:
        if isinstance(part, (ir.FieldMatch, ir.NameMatch)):
            role, value = _ROLES[part.field], _single(part)
            owner = claims[role].get(value) if role is not None and value is not None and role in claims else None
            if role is not None and owner is not None:
                yield owner, role, part.field
        elif isinstance(part, ir.Nat):
            owner = claims.get("address", {}).get(_one(part.addresses)) if part.addresses is not None else None
            if owner is not None:
                yield owner, "address", ""


def _single(part: ir.FieldMatch | ir.NameMatch) -> int | str | None:
    """Return the only value that satisfies the match; None if several values satisfy it."""
    if part.negated:
        return None
    if isinstance(part, ir.NameMatch):
        return part.names[0] if len(part.names) == 1 and not part.names[0].endswith("*") else None
    if len(part.ranges) != 1 or part.mask != ir.FULL_MASK:
        return None
    return _one(part.ranges[0])


def _one(ends: tuple[int, int] | None) -> int:
    return ends[0] if ends is not None and ends[0] == ends[1] else -1


def form_of_rule(rule: ir.Rule, own: OwnValues) -> Form:
    """Return the form of a rule's body."""
    return tuple([_form_of_part(part, own) for part in rule.body])


def _form_of_part(part: ir.Expression, own: OwnValues) -> object:
    if isinstance(part, (ir.FieldMatch, ir.NameMatch)):
        role, value = _ROLES[part.field], _single(part)
        held = own[role].get(value) if role is not None and value is not None and role in own else None
        return part if held is None else (part.field, held)
    if isinstance(part, ir.Nat) and (part.addresses is not None or part.ports is not None):
        addresses = own.get("address", {}).get(_one(part.addresses))
        ports = own.get("port", {}).get(_one(part.ports))
        return (
            part.nat, part.flags, part.prefix, part.version,
            part.addresses if addresses is None else addresses, part.ports if ports is None else ports, part.base,
        )  # fmt: skip
    return part


def note_rules(rules: Sequence[ir.Rule], own: OwnValues, literals: Literals) -> None:
    """Note the literals of the rules.  ``own`` has the own values of the rules' container, which are no literals."""
    for rule in rules:
        for part in rule.body:
            _note(part, own, literals)


def note_set(held: ir.Set | ir.Map, literals: Literals) -> None:
    """Note the literals in the elements of a set or map."""
    for element in held.elements:
        _note_element(element, literals)


def _note(part: ir.Expression, own: OwnValues, literals: Literals) -> None:
    match part:
        case ir.FieldMatch():
            _note_field(part, own, literals)
        case ir.NameMatch():
            for name in part.names if _single(part) not in own.get("link", {}) else ():
                literals.note_word(name)
        case ir.AnyOfMatch():
            for each in part.alternatives:
                _note(each, NOTHING_OWN, literals)
        case ir.OpaqueMatch():
            literals.unknown = literals.unknown or bool(part.program)
            for each in part.needs:
                _note(each, NOTHING_OWN, literals)
        case ir.InlineSetMatch() | ir.VerdictMap() | ir.NatMap():
            for element in part.elements:
                _note_element(element, literals)
        case ir.Nat():
            _note_nat(part, own, literals)
        case ir.SetField():
            copies = part.source not in (None, "mark", "ct-mark")
            literals.unknown = literals.unknown or copies or _ROLES[part.field] is not None
        case ir.StatefulMatch(limit=ConnectionLimit()):
            literals.unknown = True  # the limit counts the connections of a whole network
        case ir.Outside(unless=ir.FieldMatch() as unless):
            _note(unless, NOTHING_OWN, literals)
        case _:
            pass


def _note_field(part: ir.FieldMatch, own: OwnValues, literals: Literals) -> None:
    role = _ROLES[part.field]
    if role is None:
        return
    if part.mask != ir.FULL_MASK:
        literals.note_masked(part)
        return
    single = _single(part)
    if single is not None and single in own.get(role, {}):
        return
    for first, last in part.ranges:
        if first == last:
            literals.note_point(role, first)
        else:
            literals.note_range(first, last)


def _note_nat(part: ir.Nat, own: OwnValues, literals: Literals) -> None:
    if part.addresses is not None:
        literals.unknown = literals.unknown or part.prefix or part.addresses[0] != part.addresses[1]
        if part.addresses[0] not in own.get("address", {}):
            literals.note_point("address", part.addresses[0])
    if part.ports is not None and (part.ports[0] != part.ports[1] or part.ports[0] not in own.get("port", {})):
        literals.note_range(*part.ports)


def _note_element(element: ir.Element | ir.VerdictElement | ir.NatElement, literals: Literals) -> None:
    for key in element.key:
        if isinstance(key, ir.NumberKey):
            literals.note_range(key.first, key.last)
        else:
            literals.note_word(key.name)
    if isinstance(element, ir.NatElement):
        _note_nat(ir.Nat("dnat", element.addresses, element.ports), NOTHING_OWN, literals)
