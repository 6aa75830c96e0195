"""Links, addresses, routes and routing rules, and the forwarding of each link, as rtnetlink tells them.

Source: rtnetlink(7), linux/rtnetlink.h, linux/netconf.h
"""

from collections.abc import Iterator, Mapping
from socket import socket
from types import MappingProxyType

from hairpin.collect.netlink.channel import ROUTE
from hairpin.guard.change import Part
from hairpin.guard.nftables import messages, told_socket

_GROUPS = (1, 5, 7, 8, 9, 11, 19, 24, 25)
"""RTNLGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE, _IPV6_IFADDR, _IPV6_ROUTE, _IPV6_RULE, _IPV4_NETCONF,
_IPV6_NETCONF.  Neighbours come and go by themselves, so they are not watched."""
_PARTS: Mapping[int, Part] = MappingProxyType({
    16: "links", 17: "links", 20: "addresses", 21: "addresses", 24: "routes", 25: "routes", 32: "routes", 33: "routes",
    80: "sysctls", 81: "sysctls",
})  # fmt: skip
"""The types of messages: RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR … RTM_NEWNETCONF, RTM_DELNETCONF."""


def open_socket() -> socket:
    """Return a socket that is told of the changes of the thread's network namespace."""
    return told_socket(ROUTE, _GROUPS)


def changes(data: bytes) -> Iterator[tuple[Part, int]]:
    """Yield what a datagram tells to have changed, and the port of the netlink socket that asked for it: usually the
    number of its process, and 0 if the kernel did it by itself."""
    for kind, port, _ in messages(data):
        if kind in _PARTS:
            yield _PARTS[kind], port
