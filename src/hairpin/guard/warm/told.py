"""What the kernel has told since it was asked last: sockets of netlink that nobody waits for.

They cost nothing until a question comes.  Neighbours, forwarding databases and connections change by themselves all the
time, so they are no part of it: ``signs`` compares them.

Source: linux/rtnetlink.h, linux/netfilter/nfnetlink.h, linux/xfrm.h
"""

from collections.abc import Iterable
from contextlib import suppress
from socket import socket
from typing import Literal

from hairpin.collect.netlink.channel import NETFILTER, ROUTE
from hairpin.guard.sources.told import LONGEST, told_socket

Told = Literal["links", "rules"]
_ROUTE_GROUPS = (1, 4, 5, 7, 8, 9, 11, 19, 24, 25, 28, 32, 33)
"""RTNLGRP_LINK, _TC, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE, _IPV6_IFADDR, _IPV6_ROUTE, _IPV6_RULE, _IPV4_NETCONF,
_IPV6_NETCONF, _NSID, _NEXTHOP, _BRVLAN"""
_TABLES = (7,)
"""NFNLGRP_NFTABLES"""
_XFRM = 6
_POLICIES = (4,)
"""XFRMNLGRP_POLICY"""


class ToldChanges:
    """What has changed in the network namespace of the thread that made this."""

    def __init__(self) -> None:
        """Raises OSError if the kernel does not tell."""
        self._sources: list[tuple[Told, socket]] = [
            ("links", _open(ROUTE, _ROUTE_GROUPS)),
            ("rules", _open(NETFILTER, _TABLES)),
        ]
        if has_xfrm():
            self._sources.append(("links", _open(_XFRM, _POLICIES)))

    def since_last(self) -> frozenset[Told]:
        """Return what changed since the last call; without a change nothing.  What did not fit has changed, too."""
        return frozenset(told for told, source in self._sources if _has_told(source))


def _open(protocol: int, groups: Iterable[int]) -> socket:
    found = told_socket(protocol, ())
    for group in groups:
        with suppress(OSError):  # an older kernel has nothing that this group would tell of
            found.setsockopt(270, 1, group)
    return found


def _has_told(source: socket) -> bool:
    found = False
    while True:
        try:
            source.recv(LONGEST)
        except BlockingIOError:
            return found
        except OSError:  # ENOBUFS
            pass
        found = True


def has_xfrm() -> bool:
    """Return whether the kernel has the netlink of IPsec already: to ask would load its module."""
    with open("/proc/net/netlink", encoding="ascii") as file:  # noqa: PTH123 - quick
        return any(words[1:3] == [str(_XFRM), "0"] for words in map(str.split, file))
