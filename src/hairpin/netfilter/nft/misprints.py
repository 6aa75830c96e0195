"""Corrects expressions that nft lists in other words than it accepts: prefixes of whole bytes, ports of a connection,
sets of such ports, and bare rejects.

After ``ct original saddr`` without ``ip``, nft lists a prefix of whole bytes as another address.  For ``10.100.0.0/16``
the kernel compares the first two bytes of the connection's address.  nft lists these two bytes as the last two of an
address: ``0.0.10.100``.  A whole address is listed correctly.

``ct reply proto-src 80`` needs a match of the transport protocol before it.  nft omits that match from the listing if a
later match of the rule implies it.  nft refuses its own listing of such a rule: "Can't parse symbolic invalid
expressions".

In an anonymous set, the ports of ``ct original proto-dst { 443, 8080 }`` have no type, and nft lists them as
``0x1bb [invalid type]``.

``reject with icmpx port-unreachable`` is listed as ``reject``.  Behind a match of one network protocol, nft takes a
bare ``reject`` for the ICMP or ICMPv6 error of that protocol alone.

Source: nftables 1.0.6 src/netlink_delinearize.c; its ``--debug=netlink`` shows the comparison

nft 0.9.0 (Debian 10) prints no ``metainfo`` and omits the operator of a match.  For example, it prints ``{"meta":
"iifname"}``, ``{"payload": {"name": "tcp", …}}`` and ``{"jump": "chain"}``.  It prints ``left`` and ``right`` for the
key and data of a map, and for the key and value of a ``mangle``.  Source: nftables v0.9.0 src/json.c
"""

import re

from hairpin.netfilter.ir import Family
from hairpin.netfilter.nft.syntax import Json, Object, content, named
from hairpin.netfilter.rule_address import IpFamily, read_address, write_address

_BITS: dict[IpFamily, int] = {"ip": 32, "ip6": 128}
_IN_USE6 = frozenset((*range(0x20, 0x40), *range(0xFC, 0x100)))
"""The first bytes of the IPv6 addresses in use: global, unique local, link local, multicast (RFC 4291)."""


_PORT_OF_CT = re.compile(r"\bct (?:original|reply) proto-(?:src|dst)\b")
_TRANSPORT = re.compile(r"\b(?:meta l4proto|ip protocol|ip6 nexthdr|tcp|udp|udplite|sctp|dccp|th)\b")
_LATER = re.compile(r"\b(tcp|udp|udplite|sctp|dccp) \w")
_NETWORK = re.compile(r"\b(?:ip6?|icmp|icmpv6|meta (?:nfproto|protocol)|ether type|arp)\b")
_BARE_REJECT = re.compile(r"\breject(?=$| comment )")
_INVALID = re.compile(r'("?)\b(0x[0-9a-f]+) \[invalid type\]\1')
_QUOTED = re.compile(r'"[^"]*"')


def with_numbers(listed: str) -> str:
    """Return nft's listing, in its own words or in JSON, with the numbers that it lists as ``0x1bb [invalid type]``."""
    return _INVALID.sub(lambda found: str(int(found[2], 16)), listed) if "[invalid type]" in listed else listed


def as_typed(rule: str, family: Family) -> str:
    """Return the words of a listed rule, corrected so that nft accepts them.  ``family`` is the family of the rule's
    table."""
    return _with_transport(rule if family in ("ip", "ip6") else _with_reject(rule))


def _with_reject(rule: str) -> str:
    plain = _without_quotes(rule)
    bare = _BARE_REJECT.search(plain)
    if bare is None or not _NETWORK.search(plain, 0, bare.start()):
        return rule
    return f"{rule[: bare.end()]} with icmpx type port-unreachable{rule[bare.end() :]}"


def _with_transport(rule: str) -> str:
    plain = _without_quotes(rule)
    port = _PORT_OF_CT.search(plain)
    if port is None or _TRANSPORT.search(plain, 0, port.start()):
        return rule
    later = _LATER.search(plain, port.end())
    return f"meta l4proto {later[1]} {rule}" if later is not None else rule


def _without_quotes(rule: str) -> str:
    return _QUOTED.sub(lambda quoted: " " * len(quoted[0]), rule)


def as_loaded(left: Json, right: Json) -> tuple[Json, Json] | None:
    """Return both sides of a comparison as the kernel has them; None if the listing is ambiguous.

    The key gets the address family, which nft omits.
    """
    inner = content(left)
    if named(left) != "ct" or inner.get("key") not in ("saddr", "daddr") or "dir" not in inner:
        return left, right
    address = right if isinstance(right, str) else ""
    family: IpFamily = "ip6" if _is_ip6(right) else "ip"
    full: Json = {"ct": {**inner, "key": f"{family} {inner['key']}"}}
    try:
        value = read_address(address, family)
    except ValueError:
        return full, right  # nft lists a range, a set, or a prefix that ends inside a byte correctly
    size = (value.bit_length() + 7) // 8
    bits = 8 * size
    if value == 0 or bits == _BITS[family]:
        return full, right
    if family == "ip6" and value >> bits - 8 not in _IN_USE6:
        return None
    prefix: Json = {"addr": write_address(value << _BITS[family] - bits, family), "len": bits}
    return full, {"prefix": prefix}


def _is_ip6(value: Json) -> bool:
    """Return whether the value is an IPv6 address, or a range, a prefix or a set with an IPv6 address."""
    if isinstance(value, dict):
        return any(map(_is_ip6, value.values()))
    if isinstance(value, list):
        return any(map(_is_ip6, value))
    return isinstance(value, str) and ":" in value


def is_first_form(objects: list[Json]) -> bool:
    """Return whether nft 0.9.0 may have written the document."""
    return not any(named(each) == "metainfo" for each in objects[:1])


def modernised(objects: list[Json]) -> list[Json]:
    """Return the objects of a listing in the form of later nft versions."""
    return [_object(each) for each in objects]


def _object(value: Json) -> Json:
    body = content(value)
    if named(value) not in ("rule", "set", "map"):
        return value
    changed: Object = dict(body)
    if isinstance(body.get("expr"), list):
        changed["expr"] = _statements(body["expr"])
    if "elem" in body:
        changed["elem"] = _expression(body["elem"])
    return {named(value) or "": changed}


def _statements(value: Json) -> Json:
    if not isinstance(value, list):
        return value
    statements = [_expression(each) for each in value]
    # A map that is a statement by itself always has verdicts.
    return [{"vmap": content(each)} if named(each) == "map" and "key" in content(each) else each for each in statements]


def _expression(value: Json) -> Json:
    if isinstance(value, list):
        return [_expression(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, inner = next(iter(value.items()))
        if name == "meta" and isinstance(inner, str):
            return {name: {"key": inner}}
        if name in ("jump", "goto") and isinstance(inner, str):
            return {name: {"target": inner}}
        if name == "payload" and isinstance(inner, dict) and "name" in inner:
            return {name: _payload(inner)}
        if name in ("map", "mangle") and isinstance(inner, dict) and "left" in inner:
            left, right = _expression(inner["left"]), _expression(inner.get("right"))
            return {name: {"key": left, "data" if name == "map" else "value": right}}
    return {name: _expression(inner) for name, inner in value.items()}


def _payload(inner: Object) -> Object:
    if inner["name"] == "raw":
        return {key: value for key, value in inner.items() if key != "name"}
    return {"protocol": inner["name"], "field": inner.get("field")}
