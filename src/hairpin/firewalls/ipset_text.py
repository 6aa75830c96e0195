"""A set of firewalld's in the words of libnftables' JSON.

Source: firewall/core/nftables.py build_set_create_rules(), _set_entry_fragment()
"""

import ipaddress

from hairpin.firewalls.permanent import PermanentIpset
from hairpin.netfilter.nft.syntax import Json, Object


def declared_set(ipset: PermanentIpset) -> Object:
    """Return the set with its elements."""
    fields = ipset.type.removeprefix("hash:").split(",")
    types: list[Json] = []
    for each in fields:
        types += _types(each, inet6=ipset.inet6)
    said: Object = {"name": ipset.name, "type": types[0] if len(types) == 1 else types}
    if any(each in ("ip", "net", "port") for each in fields):
        said["flags"] = ["interval"]
    if ipset.timeout:
        said["timeout"] = int(ipset.timeout)
    if ipset.entries:
        said["elem"] = [_element(fields, each) for each in sorted(ipset.entries, key=_order)]
    return said


def _types(field: str, *, inet6: bool) -> list[Json]:
    match field:
        case "port":
            return ["inet_proto", "inet_service"]
        case "mac":
            return ["ether_addr"]
        case "mark":
            return ["mark"]
        case "iface":
            return ["ifname"]
        case _:
            return ["ipv6_addr" if inet6 else "ipv4_addr"]


def _element(fields: list[str], entry: str) -> Json:
    parts: list[Json] = []
    for field, text in zip(fields, entry.split(","), strict=False):
        match field:
            case "port":
                protocol, colon, port = text.partition(":")
                parts += [protocol, _span(port)] if colon else ["tcp", _span(text)]
            case "ip" | "net":
                address, slash, length = text.partition("/")
                parts.append({"prefix": {"addr": address, "len": int(length)}} if slash else _addresses(text))
            case _:
                parts.append(text.lower() if field == "mac" else text)
    return parts[0] if len(parts) == 1 else {"concat": parts}


def _span(text: str) -> Json:
    first, _, last = text.partition("-")
    return {"range": [int(first), int(last)]} if last else int(first)


def _addresses(text: str) -> Json:
    first, _, last = text.partition("-")
    return {"range": [first, last]} if last else text


def _order(entry: str) -> tuple[int, ...]:
    """Return what nft sorts the elements by."""
    address = entry.partition(",")[0].partition("-")[0].partition("/")[0]
    try:
        return (int(ipaddress.ip_address(address)),)
    except ValueError:
        return tuple(int(part, 16) for part in address.split(":")) if ":" in address else ()
