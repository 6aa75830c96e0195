"""Links and addresses by netlink, as ``ip -j -d addr`` lists them.

Known are the loopback and veths.  Of each, the fields are listed that ``host/read/ip/links_json`` reads.

Source: rtnetlink(7), linux/if_link.h, linux/if_addr.h; iproute2 ip/ipaddress.c print_linkinfo(), print_addrinfo()
"""

import struct
from _socket import AF_INET, AF_INET6, inet_ntop
from typing import NamedTuple

import msgspec

from hairpin.collect.netlink.channel import (
    NATIVE,
    Channel,
    NotOrdinaryError,
    attribute,
    attributes,
    name,
    require_known,
    u32,
)

_GET_LINK, _GET_ADDRESS = 18, 22
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_EXT_MASK = attribute(29, struct.pack("=I", 1 | 8))
"""IFLA_EXT_MASK: RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS"""
_HARDWARE, _BROADCAST, _NAME, _MTU, _LOWER, _QDISC, _MASTER = 1, 2, 3, 4, 5, 6, 10
_WIRELESS, _PROTINFO, _OPERSTATE, _INFO, _VIRTUAL_FUNCTIONS, _VF_PORTS, _GROUP, _NETNSID, _XDP = (
    11, 12, 16, 18, 22, 24, 27, 37, 43,
)  # fmt: skip
_OF_OTHERS = frozenset((_MASTER, _WIRELESS, _PROTINFO, _VIRTUAL_FUNCTIONS, _VF_PORTS))
_KIND = 1
_TYPES = {1: "ether", 772: "loopback"}
_UP, _RUNNING = 1, 0x40
_FLAGS = (
    (0x8, "LOOPBACK"), (0x2, "BROADCAST"), (0x10, "POINTOPOINT"), (0x1000, "MULTICAST"), (0x80, "NOARP"),
    (0x200, "ALLMULTI"), (0x100, "PROMISC"), (0x400, "MASTER"), (0x800, "SLAVE"), (0x4, "DEBUG"), (0x8000, "DYNAMIC"),
    (0x4000, "AUTOMEDIA"), (0x2000, "PORTSEL"), (0x20, "NOTRAILERS"), (0x1, "UP"), (0x10000, "LOWER_UP"),
    (0x20000, "DORMANT"), (0x40000, "ECHO"),
)  # fmt: skip
"""Net device flags (linux/if.h) in the order of iproute2's print_link_flags()."""
_STATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
"""The names of scopes: linux/rtnetlink.h RT_SCOPE_*; iproute2 lib/rt_names.c"""
_PEER, _LOCAL, _LABEL, _TO_ALL, _CACHE, _ADDRESS_FLAGS, _METRIC, _ORIGIN = 1, 2, 3, 4, 6, 8, 9, 11
_KNOWN = frozenset((_PEER, _LOCAL, _LABEL, _TO_ALL, _CACHE, _ADDRESS_FLAGS, _METRIC, _ORIGIN))
_SECONDARY, _PERMANENT = 0x01, 0x80
_MARKS = (
    (0x20, "deprecated"), (0x40, "tentative"), (0x08, "dadfailed"), (0x02, "nodad"), (0x04, "optimistic"),
    (0x10, "home"), (0x100, "mngtmpaddr"), (0x200, "noprefixroute"), (0x400, "autojoin"), (0x800, "stable-privacy"),
)  # fmt: skip


class ListedInterfaces(NamedTuple):
    """The text of the reading ``ip-addr``, and what others need of it: the names of the links by their indices, and
    whether any link has an IPv6 address."""

    text: str
    names: dict[int, str]
    has_ipv6: bool


def listed_interfaces(route: Channel) -> ListedInterfaces:
    """Return the links and addresses of the namespace of a channel; raise NotOrdinaryError or OSError."""
    addresses: dict[int, list[dict[str, object]]] = {}
    has_ipv6 = False
    for each in route.dump(_GET_ADDRESS, _ADDRESS.pack(0, 0, 0, 0, 0)):
        index, address = _address(each)
        has_ipv6 = has_ipv6 or address["family"] == "inet6"
        addresses.setdefault(index, []).append(address)
    found = [_link_message(each) for each in route.dump(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0) + _EXT_MASK)]
    names = {index: name(tags[_NAME]) for index, _, _, tags in found}
    down = frozenset(index for index, _, flags, _ in found if not flags & _UP)
    links = [
        {**_link(kind, index, flags, tags, names, down), "addr_info": addresses.get(index, [])}
        for index, kind, flags, tags in found
    ]
    return ListedInterfaces(msgspec.json.encode(links).decode() + "\n", names, has_ipv6)


def _link_message(message: bytes) -> tuple[int, int, int, dict[int, bytes]]:
    _, kind, index, flags, _ = _LINK.unpack_from(message)
    return index, kind, flags, attributes(message, 16)


def _link(
    kind: int, index: int, flags: int, tags: dict[int, bytes], names: dict[int, str], down: frozenset[int]
) -> dict[str, object]:
    """Return the link.  ``down``: the links that are down, because iproute2 marks a link whose peer is (M-DOWN).

    Raise NotOrdinaryError if the link is neither the loopback nor a veth, if it belongs to another link, or if it has
    an XDP program or a group."""
    info = attributes(tags[_INFO]) if _INFO in tags else {}
    kinds = name(info.get(_KIND, b""))
    if (kind, kinds) not in ((1, "veth"), (772, "")):
        raise NotOrdinaryError(f"a link of the kind {kinds or kind}")
    if not _OF_OTHERS.isdisjoint(tags) or (_XDP in tags and any(attributes(tags[_XDP]).get(2, b""))):
        raise NotOrdinaryError("a link with a master, an XDP program or virtual functions")
    if u32(tags.get(_GROUP, bytes(4))):
        raise NotOrdinaryError("a link with a group")
    state = tags[_OPERSTATE][0]
    if state >= len(_STATES):
        raise NotOrdinaryError("a link in an unknown state")
    found: dict[str, object] = {"ifindex": index, "ifname": names[index]}
    found |= _below(tags, names)
    found |= {
        "flags": _flags(flags, peer_down="link" in found and u32(tags[_LOWER]) in down),
        "mtu": u32(tags[_MTU]), "qdisc": name(tags.get(_QDISC, b"")),
        "operstate": _STATES[state], "group": "default", "link_type": _TYPES[kind],
        "address": tags[_HARDWARE].hex(":"), "broadcast": tags[_BROADCAST].hex(":"),
    }  # fmt: skip
    if _NETNSID in tags:
        found["link_netnsid"] = int.from_bytes(tags[_NETNSID][:4], NATIVE, signed=True)
    if kinds:
        found["linkinfo"] = {"info_kind": kinds}
    return found


def _below(tags: dict[int, bytes], names: dict[int, str]) -> dict[str, object]:
    """Return the field of a veth that names its peer: by its index, if the peer is in another namespace."""
    below = u32(tags.get(_LOWER, bytes(4)))
    if not below:
        return {"link": None} if _LOWER in tags else {}
    if _NETNSID in tags:
        return {"link_index": below}
    if below not in names:
        raise NotOrdinaryError("a link whose lower link is not listed")
    return {"link": names[below]}


def _flags(flags: int, *, peer_down: bool) -> list[str]:
    found = ["NO-CARRIER"] if flags & _UP and not flags & _RUNNING else []
    found += [word for bit, word in _FLAGS if flags & bit]
    return [*found, "M-DOWN"] if peer_down else found


def _address(message: bytes) -> tuple[int, dict[str, object]]:
    """Return the index of the link, and the address as iproute2 prints it."""
    family, length, flags, scope, index = _ADDRESS.unpack_from(message)
    tags = attributes(message, 8)
    require_known(tags, _KNOWN, "an address")
    if family not in (AF_INET, AF_INET6) or scope not in SCOPES:
        raise NotOrdinaryError("an address of an unknown family or scope")
    flags = u32(tags[_ADDRESS_FLAGS]) if _ADDRESS_FLAGS in tags else flags
    peer = tags.get(_PEER) or tags[_LOCAL]
    local = tags.get(_LOCAL, peer)
    found: dict[str, object] = {"family": "inet" if family == AF_INET else "inet6", "local": inet_ntop(family, local)}
    if peer != local:
        found["address"] = inet_ntop(family, peer)
    found["prefixlen"] = length
    if _METRIC in tags:
        found["metric"] = u32(tags[_METRIC])
    if _TO_ALL in tags:
        found["broadcast"] = inet_ntop(family, tags[_TO_ALL])
    found["scope"] = SCOPES[scope]
    if flags & _SECONDARY:
        found["secondary" if family == AF_INET else "temporary"] = True
    found |= {word: True for bit, word in _MARKS if flags & bit}
    if not flags & _PERMANENT:
        found["dynamic"] = True
    if _LABEL in tags:
        found["label"] = name(tags[_LABEL])
    return index, found
