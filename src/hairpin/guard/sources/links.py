"""Links, addresses, routes and routing rules, and the forwarding of each link, as rtnetlink tells them.

Source: rtnetlink(7), linux/rtnetlink.h, linux/netconf.h
"""

import time
from collections.abc import Iterator, Mapping
from socket import AF_INET, AF_INET6, inet_ntop
from types import MappingProxyType

from hairpin.collect.netlink.channel import ROUTE
from hairpin.guard.change import Culprit, Part, SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources.ports import Ports
from hairpin.guard.sources.told import ToldSocket, attributes, datagrams, messages, told_socket, unseen

_GROUPS = (1, 5, 7, 8, 9, 11, 19, 24, 25)
"""RTNLGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE, _IPV6_IFADDR, _IPV6_ROUTE, _IPV6_RULE, _IPV4_NETCONF,
_IPV6_NETCONF.  Neighbours come and go by themselves, so they are not watched."""
_PARTS: Mapping[int, Part] = MappingProxyType({
    16: "links", 17: "links", 20: "addresses", 21: "addresses", 24: "routes", 25: "routes", 32: "routes", 33: "routes",
    80: "sysctls", 81: "sysctls",
})  # fmt: skip
"""The types of messages: RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR … RTM_NEWNETCONF, RTM_DELNETCONF."""

_LINK = 16
_HEADS = MappingProxyType({_LINK: (16, 3), 20: (8, 1), 24: (12, 1)})
"""By type, how long the header is, and the attribute that names the thing: IFLA_IFNAME, IFA_ADDRESS, RTA_DST.  The
types of what is removed are those numbers and one."""


class Links(ToldSocket):
    """The links of the network namespace in which it is made, and what they have."""

    def __init__(self, makers: Makers) -> None:
        """Raises OSError if the process may not listen."""
        super().__init__(told_socket(ROUTE, _GROUPS))
        self._ports = Ports(makers)

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield each change, with who asked for it where that is proven."""
        del descriptor
        found: list[tuple[float, Part, str, int]] = []
        for data in datagrams(self._socket):
            now = time.time()
            if data is None:
                yield unseen(now)
            else:
                found += ((now, *each) for each in changes(data))
        asked = {port for _, part, _, port in found if port and part != "sysctls"}
        makers: dict[int, Culprit | None] = dict.fromkeys(asked) | self._ports.makers(asked)
        for now, part, detail, port in found:
            yield SeenChange(part, now, detail, makers.get(port) if part != "sysctls" else None)


def changes(data: bytes) -> Iterator[tuple[Part, str, int]]:
    """Yield what a datagram tells to have changed, what it is about, and the port of the netlink socket that asked for
    it: usually the number of its process, and 0 if the kernel did it by itself."""
    for kind, port, payload in messages(data):
        if kind in _PARTS:
            yield _PARTS[kind], _about(kind, payload), port


def _about(kind: int, payload: bytes) -> str:
    """Return the name of the link, the address or the destination of the route that a message is about, and a ``-``
    before what was removed; empty if it does not say so."""
    head, key = _HEADS.get(kind & ~1, (0, 0))
    value, text = attributes(payload, head).get(key, b"") if head else b"", ""
    if kind & ~1 == _LINK:
        text = value.rstrip(b"\0").decode("utf-8", "backslashreplace")
    elif head and len(payload) > 1:
        text = _prefix(value, payload[1]) if value else "default"
    return f"-{text}" if kind & 1 and text else text


def _prefix(value: bytes, length: int) -> str:
    if len(value) not in (4, 16):
        return ""
    return f"{inet_ntop(AF_INET if len(value) == 4 else AF_INET6, value)}/{length}"
