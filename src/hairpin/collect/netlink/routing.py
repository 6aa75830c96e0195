"""Routes, rules, neighbours and queueing disciplines by netlink, as iproute2 lists them in JSON.

Source: rtnetlink(7), linux/rtnetlink.h, linux/fib_rules.h, linux/neighbour.h, linux/nexthop.h; iproute2 ip/iproute.c
print_route(), ip/ipneigh.c print_neigh(), ip/iprule.c print_rule(), tc/tc_qdisc.c print_qdisc()
"""

import struct
from _socket import AF_INET, AF_INET6, inet_ntop

import msgspec

from hairpin.collect.netlink.channel import Channel, NotOrdinaryError, attributes, name, require_known, u32
from hairpin.collect.netlink.interfaces import SCOPES

_GET_ROUTE, _GET_NEIGHBOUR, _GET_RULE, _GET_QDISC, _GET_NEXT_HOP = 26, 30, 34, 38, 106
_ROUTE = struct.Struct("=BBBBBBBBI")
_HOP = struct.Struct("=HBBi")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_RULE = struct.Struct("=BBBBBxxBI")
_QDISC = struct.Struct("=BxxxiIII")
_NEXT_HOP = struct.Struct("=BBBBI")

_TO, _OUT, _GATEWAY, _PRIORITY, _PREFSRC, _METRICS, _WAYS, _CACHE, _TABLE, _PREFERENCE = 1, 4, 5, 6, 7, 8, 9, 12, 15, 20
_KNOWN_OF_ROUTE = frozenset((_TO, _OUT, _GATEWAY, _PRIORITY, _PREFSRC, _METRICS, _WAYS, _CACHE, _TABLE, _PREFERENCE))
_KNOWN_OF_HOP = frozenset((_GATEWAY,))
_MTU = 2
_CLONED, _OF_HOP = 0x200, 0xFF
_TYPES = (
    None, "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw",
)  # fmt: skip
_PROTOCOLS = {1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp"}
_HOP_FLAGS = ((0x01, "dead"), (0x04, "onlink"), (0x10, "linkdown"))
_KNOWN_HOP_FLAGS = 0x01 | 0x04 | 0x10
TABLES = {253: "default", 254: "main", 255: "local"}
"""The names of the kernel's own tables.  iproute2 prints the number of any other table that has no name in a file."""

_STATES = (
    (0x01, "INCOMPLETE"), (0x02, "REACHABLE"), (0x04, "STALE"), (0x08, "DELAY"), (0x10, "PROBE"), (0x20, "FAILED"),
    (0x40, "NOARP"), (0x80, "PERMANENT"),
)  # fmt: skip
_NEIGHBOUR_IS, _HARDWARE, _CACHE_INFO, _PROBES, _MADE_BY, _MORE_FLAGS = 1, 2, 3, 4, 12, 15
_KNOWN_OF_NEIGHBOUR = frozenset((_NEIGHBOUR_IS, _HARDWARE, _CACHE_INFO, _PROBES, _MADE_BY, _MORE_FLAGS))
_LEARNED, _ROUTER = 0x10, 0x80
_HARDWARE_BYTES = 6

_RULE_PRIORITY, _RULE_GROUP, _RULE_LENGTH, _RULE_TABLE, _RULE_ORIGIN = 6, 13, 14, 15, 21
_KNOWN_OF_RULE = frozenset((_RULE_PRIORITY, _RULE_GROUP, _RULE_LENGTH, _RULE_TABLE, _RULE_ORIGIN))
_UNSET = b"\xff\xff\xff\xff"
_TO_TABLE, _PERMANENT = 1, 1
KERNEL_RULES = {AF_INET: ((0, 255), (32766, 254), (32767, 253)), AF_INET6: ((0, 255), (32766, 254))}
"""The priorities and tables of the rules with which each network namespace begins: net/ipv4/fib_rules.c
fib_default_rules_init(), net/ipv6/fib6_rules.c fib6_rules_net_init()"""

_KIND = 1
_ROOT = 0xFFFFFFFF
_QUIET = frozenset(("noqueue", "noop", "pfifo_fast", "fq", "fq_codel", "sfq"))
"""The kinds of queueing disciplines of which only the kind matters: they drop no packet because of what it is, and have
no filters that anybody uses."""


def _text(found: list[dict[str, object]]) -> str:
    return msgspec.json.encode(found).decode() + "\n"


def routes(route: Channel, family: int, names: dict[int, str]) -> str:
    """Return the routes of all tables as ``ip -j -d route show table all`` lists them; raise NotOrdinaryError."""
    request = _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
    found = (_route(each, family, names) for each in route.dump(_GET_ROUTE, request))
    return _text([each for each in found if each is not None])


def _route(message: bytes, family: int, names: dict[int, str]) -> dict[str, object] | None:
    """Return the route; None for an entry of a cache, which iproute2 does not list."""
    own, length, source_length, tos, table, protocol, scope, kind, flags = _ROUTE.unpack_from(message)
    if flags & _CLONED:
        return None
    tags = attributes(message, 12)
    require_known(tags, _KNOWN_OF_ROUTE, "a route")
    if own != family or source_length or tos or flags & ~_OF_HOP:
        raise NotOrdinaryError("a route with a source, a type of service or unknown flags")
    if not 0 < kind < len(_TYPES) or protocol not in _PROTOCOLS or scope not in SCOPES:
        raise NotOrdinaryError("a route of an unknown type, protocol or scope")
    found: dict[str, object] = {"type": _TYPES[kind], "dst": _destination(tags.get(_TO), family, length)}
    found |= _hop(tags, flags, family, names)
    number = u32(tags[_TABLE]) if _TABLE in tags else table
    found |= {"table": TABLES.get(number, str(number)), "protocol": _PROTOCOLS[protocol], "scope": SCOPES[scope]}
    if _PREFSRC in tags:
        found["prefsrc"] = inet_ntop(family, tags[_PREFSRC])
    if _PRIORITY in tags:
        found["metric"] = u32(tags[_PRIORITY])
    if _METRICS in tags:
        found["metrics"] = [_metrics(tags[_METRICS])]
    if _WAYS in tags:
        found["nexthops"] = _ways(tags[_WAYS], family, names)
    return found


def _destination(value: bytes | None, family: int, length: int) -> str:
    if value is None:
        return f"0/{length}" if length else "default"
    text = inet_ntop(family, value)
    return text if length == 8 * len(value) else f"{text}/{length}"


def _metrics(value: bytes) -> dict[str, object]:
    """Return the metrics; raise NotOrdinaryError for each but a plain MTU."""
    found = attributes(value)
    if found.keys() - {_MTU}:
        raise NotOrdinaryError("a route with metrics")
    return {"mtu": u32(found[_MTU])} if found else {}


def _hop(tags: dict[int, bytes], flags: int, family: int, names: dict[int, str]) -> dict[str, object]:
    if flags & ~_KNOWN_HOP_FLAGS:
        raise NotOrdinaryError("a next hop with unknown flags")
    found: dict[str, object] = {}
    if _GATEWAY in tags:
        found["gateway"] = inet_ntop(family, tags[_GATEWAY])
    if _OUT in tags:
        found["dev"] = _link_name(u32(tags[_OUT]), names)
    found["flags"] = [word for bit, word in _HOP_FLAGS if flags & bit]
    return found


def _link_name(index: int, names: dict[int, str]) -> str:
    if index not in names:
        raise NotOrdinaryError("a link that is not listed")
    return names[index]


def _ways(value: bytes, family: int, names: dict[int, str]) -> list[dict[str, object]]:
    """Return the next hops of a route with several: struct rtnexthop, each with attributes."""
    found: list[dict[str, object]] = []
    while len(value) >= _HOP.size:
        length, flags, weight, index = _HOP.unpack_from(value)
        if not _HOP.size <= length <= len(value):
            raise NotOrdinaryError("a next hop is cut")
        tags = attributes(value[:length], _HOP.size)
        require_known(tags, _KNOWN_OF_HOP, "a next hop")
        found.append({**_hop(tags, flags, family, names), "dev": _link_name(index, names), "weight": weight + 1})
        value = value[length + 3 & ~3 :]
    return found


def next_hops(route: Channel) -> str:
    """Return the next hop objects: an empty list; raise NotOrdinaryError if there is any."""
    for _ in route.dump(_GET_NEXT_HOP, _NEXT_HOP.pack(0, 0, 0, 0, 0)):
        raise NotOrdinaryError("a next hop object")
    return _text([])


def rules(route: Channel, family: int) -> str:
    """Return the policy rules as ``ip -j -d rule`` lists them; raise NotOrdinaryError if there are others than the
    kernel's own."""
    found = tuple(_rule(each) for each in route.dump(_GET_RULE, _RULE.pack(family, 0, 0, 0, 0, 0, 0)))
    if found != KERNEL_RULES[family]:
        raise NotOrdinaryError("policy rules other than the kernel's own")
    return _text([{"priority": each, "src": "all", "table": TABLES[table]} for each, table in found])


def _rule(message: bytes) -> tuple[int, int]:
    _, to_length, from_length, tos, table, action, flags = _RULE.unpack_from(message)
    tags = attributes(message, 12)
    require_known(tags, _KNOWN_OF_RULE, "a policy rule")
    suppresses = any(tags.get(each, _UNSET) != _UNSET for each in (_RULE_GROUP, _RULE_LENGTH))
    if to_length or from_length or tos or action != _TO_TABLE or flags & ~_PERMANENT or suppresses:
        raise NotOrdinaryError("policy rules other than the kernel's own")
    return u32(tags.get(_RULE_PRIORITY, bytes(4))), u32(tags[_RULE_TABLE]) if _RULE_TABLE in tags else table


def neighbours(route: Channel, names: dict[int, str]) -> str:
    """Return the neighbour entries as ``ip -j -d neigh show nud all`` lists them; raise NotOrdinaryError."""
    request = _NEIGHBOUR.pack(0, 0, 0, 0, 0)
    return _text([_neighbour(each, names) for each in route.dump(_GET_NEIGHBOUR, request)])


def _neighbour(message: bytes, names: dict[int, str]) -> dict[str, object]:
    family, index, state, flags, _ = _NEIGHBOUR.unpack_from(message)
    tags = attributes(message, 12)
    require_known(tags, _KNOWN_OF_NEIGHBOUR, "a neighbour")
    if family not in (AF_INET, AF_INET6) or flags & ~(_LEARNED | _ROUTER) or any(tags.get(_MORE_FLAGS, b"")):
        raise NotOrdinaryError("a neighbour of an unknown family, or with unknown flags")
    found: dict[str, object] = {"dst": inet_ntop(family, tags[_NEIGHBOUR_IS]), "dev": _link_name(index, names)}
    if _HARDWARE in tags:
        if len(tags[_HARDWARE]) != _HARDWARE_BYTES:
            raise NotOrdinaryError("a neighbour without a hardware address of six bytes")
        found["lladdr"] = tags[_HARDWARE].hex(":")
    if flags & _ROUTER:
        found["router"] = None
    if flags & _LEARNED:
        found["extern_learn"] = None
    found["state"] = [word for bit, word in _STATES if state & bit]
    return found


def queueing(route: Channel, names: dict[int, str]) -> str:
    """Return the queueing disciplines as ``tc -j qdisc show`` lists them; raise NotOrdinaryError if one of them may
    have options or filters that matter."""
    return _text([_qdisc(each, names) for each in route.dump(_GET_QDISC, _QDISC.pack(0, 0, 0, 0, 0))])


def _qdisc(message: bytes, names: dict[int, str]) -> dict[str, object]:
    _, index, handle, parent, references = _QDISC.unpack_from(message)
    kind = name(attributes(message, 20)[_KIND])
    if kind not in _QUIET or parent != _ROOT:
        raise NotOrdinaryError(f"a queueing discipline of the kind {kind}")
    return {
        "kind": kind, "handle": f"{handle >> 16:x}:", "dev": _link_name(index, names), "root": True,
        "refcnt": references, "options": {},
    }  # fmt: skip
