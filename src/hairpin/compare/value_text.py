"""Writes a typed value as text for people: an address in its usual form, a structure as words, an element of a set or
map."""

import re
from typing import TypeGuard

import msgspec

from hairpin.field import compared_fields, facts_of
from hairpin.host.docker import Engine
from hairpin.host.link import BridgeInfo, BridgePort, Endpoint, Link, Peer, Wireguard
from hairpin.netfilter.address import Prefix
from hairpin.netfilter.ir import Element, Jump, Key, Map, NameKey, NatElement, Set, VerdictElement
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.prefix import Version, address_text, prefix_text, range_text

AnyElement = Element | VerdictElement | NatElement


def field_text(owner: msgspec.Struct, field: str) -> str | None:
    """Return the value of a structure's field as text; None if the field has no value."""
    value = getattr(owner, field)
    if isinstance(owner, Engine) and isinstance(value, int) and facts_of(Engine)[field].role == "address":
        return address_text(value, 4)
    if isinstance(owner, Engine) and field == "address_pools":
        return (
            ", ".join(f"{prefix_text(net, length, 4)} in /{size}" for net, length, size in owner.address_pools) or None
        )
    if isinstance(owner, BridgePort | BridgeInfo) and field == "vlans":
        return _vlans_text(owner) or None
    return value_text(value)


def value_text(value: object) -> str | None:
    """Return the value as text; None if there is no value."""
    match value:
        case None | "" | ():
            return None
        case bool():
            return "true" if value else "false"
        case Prefix():
            return str(value)
        case Endpoint(version=version, address=address, port=port):
            host = address_text(address, version)
            return f"[{host}]:{port}" if version == 6 else f"{host}:{port}"
        case Peer(number=number):
            return f"peer {number}: {_struct_text(value, frozenset({'number'}))}".rstrip(": ")
        case msgspec.Struct():
            return _struct_text(value) or None
        case _:
            return ", ".join(_texts(value)) or None if _is_tuple(value) else str(value)


def _texts(members: tuple[object, ...]) -> list[str]:
    return [text for each in members if (text := value_text(each)) is not None]


def _is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)


def changed_texts(one: object, other: object) -> tuple[str | None, str | None]:
    """Return both values as texts.  The texts of two structures of the same kind contain only the fields that differ,
    and the texts of WireGuard's lists only the members that differ."""
    if isinstance(one, msgspec.Struct) and type(one) is type(other) and isinstance(other, msgspec.Struct):
        fields = compared_fields(type(one))
        pairs = [(name, *_member_texts(one, other, name)) for name in fields]
        differ = [(name, before, after) for name, before, after in pairs if before != after]
        before_text, after_text = (
            "\n".join(f"{_named(name)} {texts[place]}" for name, *texts in differ if texts[place] is not None) or None
            for place in (0, 1)
        )
        return before_text, after_text
    return value_text(one), value_text(other)


def _member_texts(one: msgspec.Struct, other: msgspec.Struct, field: str) -> tuple[str | None, str | None]:
    before, after = getattr(one, field), getattr(other, field)
    if _is_tuple(before) and _is_tuple(after) and isinstance(one, Wireguard):
        texts = [_texts(before), _texts(after)]
        gone, new = ([text for text in a if text not in b] for a, b in (texts, texts[::-1]))
        return ", ".join(gone) or None, ", ".join(new) or None
    return field_text(one, field), field_text(other, field)


def _struct_text(value: msgspec.Struct, left_out: frozenset[str] = frozenset()) -> str:
    fields = (name for name in compared_fields(type(value)) if name not in left_out)
    texts = ((name, field_text(value, name)) for name in fields)
    return " ".join(f"{_named(name)} {text}" for name, text in texts if text is not None)


def _named(field: str) -> str:
    return field.replace("_", "-")


def vlans_text(link: Link) -> str | None:
    """Return the VLANs of a bridge port as a text such as ``pvid 1, 1 untagged, 10-20``."""
    if link.port is None:
        return None
    pvid = f"pvid {link.port.pvid}" if link.port.pvid is not None else ""
    return ", ".join(filter(None, (pvid, _vlans_text(link.port)))) or None


def _vlans_text(owner: BridgePort | BridgeInfo) -> str:
    return ", ".join(
        f"{first if first == last else f'{first}-{last}'}{' untagged' if untagged else ''}"
        for first, last, untagged in owner.vlans
    )


def element_text(element: AnyElement, of: Set | Map) -> str:
    """Return an element of a set or map as a text such as ``203.0.113.7``, ``10.0.0.0/8 . tcp . 80`` or
    ``eth0 : jump in``."""
    kinds = _kinds_of(of.type, len(element.key))
    text = " . ".join(_key_text(key, kind) for key, kind in zip(element.key, kinds, strict=True))
    match element:
        case Element(nomatch=nomatch):
            return f"{text} nomatch" if nomatch else text
        case VerdictElement(verdict=Jump(chain=chain)):
            return f"{text} : jump {chain}"
        case VerdictElement(verdict=verdict):
            return f"{text} : {getattr(verdict, 'verdict', '')}"
        case NatElement(addresses=addresses, ports=ports):
            to = address_text(addresses[0], 6 if addresses[0] >> 32 else 4) if addresses is not None else ""
            return f"{text} : {to}{f':{ports[0]}' if ports is not None else ''}"


def _kinds_of(type_: str, count: int) -> tuple[str, ...]:
    """Return the kind of each dimension of a set's type (ipset's or nft's): ``ip4``, ``ip6``, ``mac``, ``number``."""
    six = "inet6" in type_ or "ipv6" in type_
    found: list[str] = []
    for word in re.split(r"[,. ]+", type_.rpartition("hash:")[2].rpartition("bitmap:")[2]):
        if word in ("ip", "net"):
            found.append("ip6" if six else "ip4")
        elif word in ("ipv4_addr", "ipv6_addr"):
            found.append("ip6" if word == "ipv6_addr" else "ip4")
        elif word in ("mac", "ether_addr"):
            found.append("mac")
        elif word == "port":
            found += ["number", "number"]
        elif word and word != "inet6":
            found.append("number")
    return (*found[:count], *("number" for _ in range(count - len(found))))


def _key_text(key: Key, kind: str) -> str:
    if isinstance(key, NameKey):
        return key.name
    if kind == "mac":
        return write_mac(key.first)
    if kind in ("ip4", "ip6"):
        return _addresses_text(key.first, key.last, 6 if kind == "ip6" else 4)
    return str(key.first) if key.first == key.last else f"{key.first}-{key.last}"


def _addresses_text(first: int, last: int, version: Version) -> str:
    return address_text(first, version) if first == last else range_text(first, last, version)
