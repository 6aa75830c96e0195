"""Elements of sets and maps as people read them: addresses, ports, links."""

import re

from hairpin.netfilter.ir import Element, Jump, Key, Map, NameKey, NatElement, Set, VerdictElement
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.prefix import Version, address_text, prefix_text, width

AnyElement = Element | VerdictElement | NatElement


def element_text(element: AnyElement, of: Set | Map) -> str:
    """Return ``203.0.113.7``, ``10.0.0.0/8 . tcp . 80``, ``eth0 : jump in``."""
    kinds = kinds_of(of.type, len(element.key))
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


def kinds_of(type_: str, count: int) -> tuple[str, ...]:
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
    size = last - first + 1
    if size == 1:
        return address_text(first, version)
    if size & (size - 1) == 0 and first % size == 0:
        return prefix_text(first, width(version) - size.bit_length() + 1, version)
    return f"{address_text(first, version)}-{address_text(last, version)}"
