"""Reads named sets and maps, and the elements of anonymous sets and maps.

A reading is a snapshot, so timeouts do not matter.  If rules add elements to a set (``flags dynamic``), the set changes
with the next packet, so it is opaque.  nft before 1.0.9 does not print ``flags dynamic``, but the rules show that they
add elements.

A set may be too long to be listed in time.  Then the set's table is listed without elements, the table's shorter sets
are listed one by one, and the kernel is asked whether the long set has certain addresses:

    listing without elements := nft -j -t list table FAMILY NAME
    listed                   := nft -j list set | map FAMILY TABLE NAME
    asked                    := line…, each FAMILY TABLE SET ADDRESS yes|no

Source: nft(8) ``--terse``; libnftables-json(5); NFT_MSG_GETSETELEM of linux/netfilter/nf_tables.h
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.address import ipv4_of
from hairpin.netfilter.nft.fields import Operand
from hairpin.netfilter.nft.objects import matches_now
from hairpin.netfilter.nft.operands import operand
from hairpin.netfilter.nft.syntax import (
    Json,
    Object,
    content,
    element_value,
    list_of,
    named,
    object_of,
    pair,
    single,
    string,
    words,
)
from hairpin.netfilter.nft.values import interval, key

UPDATED_BY_RULES = message("rules add elements to this set")
"""The reason why a dynamic set may have elements that are not known."""
ADDRESSES = frozenset({"ipv4_addr", "ipv6_addr"})
_OF_IPV4 = ["ipv4_addr"]
UNLISTED = "unlisted"
"""In the JSON of a set that was not listed: the key of the addresses that the set lacks, as the kernel answered."""
NOT_LISTED = message("the set has too many elements, so they were not listed")
_KINDS = ("set", "map")
_Set = tuple[str, str, str]
"""A set's family, table and name."""


def concatenated(value: Json) -> list[Json]:
    """Return the dimensions of a concatenation.  A value that is no concatenation is returned as a single dimension."""
    value = element_value(value)
    if isinstance(value, dict) and len(value) == 1:
        inner = value.get("concat")
        if isinstance(inner, list):
            return inner
    return [value]


def plain_fields(operands: list[Operand]) -> tuple[ir.Field | ir.NameField, ...] | None:
    """Return the operands' fields if all operands are unchanged fields, as the lookup in a set requires; else None."""
    fields: tuple[ir.Field | ir.NameField, ...] = tuple(field for of in operands if (field := of.key) is not None)
    return fields if len(fields) == len(operands) else None


def keys(value: Json, kinds: list[str]) -> tuple[ir.Key, ...] | None:
    """Return an element's key, with one dimension for each data type; ``*`` is the empty key, which fits every
    packet."""
    if element_value(value) == "*":
        return ()
    parts = concatenated(value)
    if len(parts) != len(kinds):
        return None
    found = tuple(one for part, kind in zip(parts, kinds, strict=True) if (one := key(part, kind)) is not None)
    return found if len(found) == len(parts) else None


def element(value: Json, kinds: list[str]) -> ir.Element | None:
    """Return an element of a set; None if hairpin does not know the meaning of the element."""
    if isinstance(value, str) and kinds == _OF_IPV4 and (address := ipv4_of(value)) is not None:
        return ir.Element((ir.NumberKey(address, address),))  # usual in long sets; read three times as quickly
    found = keys(value, kinds)
    return None if found is None else ir.Element(found)


def verdict(value: Json) -> ir.Verdict | ir.Jump | None:
    """Return the verdict that a map's value gives; None if it is unknown."""
    match named(value):
        case "accept" | "drop" | "return" | "continue" as name:
            return ir.Verdict(name)
        case "jump" | "goto" as name:
            target = content(value).get("target")
            return ir.Jump(target, goto=name == "goto") if isinstance(target, str) else None
        case _:
            return None


def verdict_elements(elements: list[Json], kinds: list[str]) -> tuple[ir.VerdictElement, ...] | None:
    """Return the elements of a verdict map, the default element last; None if an element is unknown."""
    found: list[ir.VerdictElement] = []
    for each in elements:
        left, right = pair(each)
        where, what = keys(left, kinds), verdict(right)
        if where is None or what is None:
            return None
        found.append(ir.VerdictElement(where, what))
    found.sort(key=lambda one: not one.key)
    return tuple(found)


def nat_target(value: Json, kinds: list[str]) -> tuple[tuple[int, int] | None, tuple[int, int] | None] | None:
    """Return the new addresses and ports of a NAT statement; None if they are unknown."""
    parts = concatenated(value)
    if len(parts) != len(kinds):
        return None
    addresses: tuple[int, int] | None = None
    ports: tuple[int, int] | None = None
    for part, kind in zip(parts, kinds, strict=True):
        found = interval(part, kind)
        if found is None:
            return None
        if kind in ADDRESSES:
            addresses = found
        elif kind == "inet_service":
            ports = found
        else:
            return None
    return addresses, ports


def nat_elements(elements: list[Json], kinds: list[str], data: list[str]) -> tuple[ir.NatElement, ...] | None:
    """Return the elements of a map to addresses and ports, the default element last; None if an element is unknown."""
    found: list[ir.NatElement] = []
    for each in elements:
        left, right = pair(each)
        where, target = keys(left, kinds), nat_target(right, data)
        if where is None or target is None:
            return None
        found.append(ir.NatElement(where, *target))
    found.sort(key=lambda one: not one.key)
    return tuple(found)


# --- named -----------------------------------------------------------------------------------------------------------


def kinds_of(declared: Json, family: ir.Family) -> list[str]:
    """Return the data types in a declaration such as ``"ipv4_addr"``, ``["ipv4_addr", "inet_service"]`` or
    ``{"typeof": …}``."""
    if isinstance(declared, dict):
        return [operand(part, family).kind for part in concatenated(declared.get("typeof"))]
    return [kind for word in words(declared) for kind in word.split(" . ")]


def named_set(raw: Object, family: ir.Family, updated: frozenset[str]) -> ir.Set:
    """Return a named set.  ``updated`` has the names of the sets to which rules add elements."""
    name, kinds = string(raw, "name"), kinds_of(raw.get("type"), family)
    elements = [element(each, kinds) for each in list_of(raw.get("elem")) if isinstance(each, str) or matches_now(each)]
    known = tuple(each for each in elements if each is not None)
    if UNLISTED in raw:
        asked = (element(each, kinds) for each in list_of(raw[UNLISTED]))
        absent = (each.key[0].first for each in asked if each is not None and isinstance(each.key[0], ir.NumberKey))
        return ir.Set(name, " . ".join(kinds), known, NOT_LISTED, frozenset((each,) for each in absent))
    why: Message | None = None
    if "dynamic" in words(raw.get("flags")) or name in updated:
        why = UPDATED_BY_RULES
    if len(known) < len(elements):
        why = message("hairpin does not understand {number} elements of the set", number=len(elements) - len(known))
    return ir.Set(name, " . ".join(kinds), known, why)


def named_map(raw: Object, family: ir.Family) -> tuple[ir.Map, bool]:
    """Return a named map, and whether all its elements are known.  A map whose values are not verdicts, addresses or
    ports has no elements in the IR.
    """
    name, kinds = string(raw, "name"), kinds_of(raw.get("type"), family)
    data = kinds_of(raw.get("map"), family)
    declared = f"{' . '.join(kinds)} : {' . '.join(data)}"
    elements = list_of(raw.get("elem"))
    found: tuple[ir.VerdictElement | ir.NatElement, ...] | None
    if UNLISTED in raw:
        found = None
    elif data == ["verdict"]:
        found = verdict_elements(elements, kinds)
    elif data and ADDRESSES.union({"inet_service"}).issuperset(data):
        found = nat_elements(elements, kinds, data)
    else:
        found = None
    return ir.Map(name, declared, found or ()), found is not None


# --- of tables that were listed without elements ----------------------------------------------------------------------


def asked_line(place: _Set, address: str, *, holds: bool) -> str:
    """Return the line that tells whether a set has an address about which the kernel was asked."""
    return " ".join((*place, address, "yes" if holds else "no"))


def together(text: str, listed: Iterable[str], asked: Iterable[str]) -> str:
    """Return the listing with the elements of the sets that were listed alone, and with the answers of unlisted sets.

    For a set that was not listed, the asked addresses that the set has become its elements, and the asked addresses
    that the set lacks are stored under ``UNLISTED``.  Raises DecodeError and MalformedError for text that nft does not
    write.
    """
    alone = {(kind, _place(body)): item for each in listed for kind, body, item in _objects(each) if kind in _KINDS}
    held, absent = _answers(asked)
    found: list[Json] = []
    for kind, body, item in _objects(text):
        if kind not in _KINDS:
            found.append(item)
            continue
        place = _place(body)
        unlisted: Object = {**body, "elem": held.get(place, []), UNLISTED: absent.get(place, [])}
        found.append(alone.get((kind, place), {kind: unlisted}))
    return msgspec.json.encode({"nftables": found}).decode()


def _objects(text: str) -> Iterator[tuple[str, Object, Json]]:
    document: Json = msgspec.json.decode(text)
    for item in list_of(object_of(document).get("nftables")):
        kind, inner = single(item)
        yield kind, object_of(inner), item


def _place(body: Object) -> _Set:
    """Return the family, the table and the name of a set or a map."""
    return string(body, "family"), string(body, "table"), string(body, "name")


def _answers(asked: Iterable[str]) -> tuple[dict[_Set, list[Json]], dict[_Set, list[Json]]]:
    """Return the asked addresses that each set has, and the asked addresses that it does not have."""
    held: dict[_Set, list[Json]] = {}
    absent: dict[_Set, list[Json]] = {}
    for line in (line for text in asked for line in text.splitlines()):
        family, table, name, address, answer = line.split(" ")
        (held if answer == "yes" else absent).setdefault((family, table, name), []).append(address)
    return held, absent
