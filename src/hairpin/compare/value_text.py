"""A typed value as people read it: addresses as addresses, structures in words."""

from typing import TypeGuard

import msgspec

from hairpin.host.docker import Engine
from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.host.wireguard import Endpoint, Peer, Prefix, Wireguard
from hairpin.network.prefix import address_text, prefix_text

ADDRESSES: frozenset[tuple[type, str]] = frozenset({(Engine, "default_ip")})
"""IPv4 addresses among the plain fields whose values are told here."""
_NOT_TOLD = frozenset({"evidence", "handshake"})
"""Fields that count: a peer is heard again and again."""


def field_text(owner: msgspec.Struct, field: str) -> str | None:
    """Return the value of a structure's field in words; None: it has none."""
    value = getattr(owner, field)
    if isinstance(value, int) and not isinstance(value, bool) and (type(owner), field) in ADDRESSES:
        return address_text(value, 4)
    if isinstance(owner, Engine) and field == "address_pools":
        return (
            ", ".join(f"{prefix_text(net, length, 4)} in /{size}" for net, length, size in owner.address_pools) or None
        )
    if isinstance(owner, BridgePort | BridgeInfo) and field == "vlans":
        return _vlans_text(owner) or None
    return value_text(value)


def value_text(value: object) -> str | None:
    """Return the value in words; None: there is none."""
    match value:
        case None | "" | ():
            return None
        case bool():
            return "true" if value else "false"
        case Prefix(version=version, network=network, prefix_length=length):
            return prefix_text(network, length, version)
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
    """Return both values in words; of two structures of one kind, only the fields that differ, and of two lists only
    the members that differ."""
    if isinstance(one, msgspec.Struct) and type(one) is type(other) and isinstance(other, msgspec.Struct):
        fields = [name for name in one.__struct_fields__ if name not in _NOT_TOLD]
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
    fields = (name for name in value.__struct_fields__ if name not in _NOT_TOLD | left_out)
    texts = ((name, field_text(value, name)) for name in fields)
    return " ".join(f"{_named(name)} {text}" for name, text in texts if text is not None)


def _named(field: str) -> str:
    return field.replace("_", "-")


def vlans_text(link: Link) -> str | None:
    """Return the VLANs of a bridge port: ``pvid 1, 1 untagged, 10-20``."""
    if link.port is None:
        return None
    pvid = f"pvid {link.port.pvid}" if link.port.pvid is not None else ""
    return ", ".join(filter(None, (pvid, _vlans_text(link.port)))) or None


def _vlans_text(owner: BridgePort | BridgeInfo) -> str:
    return ", ".join(
        f"{first if first == last else f'{first}-{last}'}{' untagged' if untagged else ''}"
        for first, last, untagged in owner.vlans
    )
