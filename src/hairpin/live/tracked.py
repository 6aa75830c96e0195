"""Counts the conntrack entries that the kernel makes for the probes, from its events.

Source: linux/netfilter/nfnetlink_conntrack.h, nf_conntrack_common.h; net/netfilter/nf_conntrack_netlink.c
ctnetlink_conntrack_event()
"""

import socket
import struct

from hairpin.collect.netlink.channel import NotOrdinaryError, attributes
from hairpin.host.netns import Netns
from hairpin.judges.observation import TrackedConnections

_NETFILTER = 12
_SUBSYSTEM, _DELETE = 1, 2
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_GROUPS = (1, 2, 3)
"""NFNLGRP_CONNTRACK_NEW, _UPDATE and _DESTROY"""
_BUFFER = 1 << 22
_ORIGINAL, _STATUS, _PROTOCOL = 1, 3, 2
_NUMBER, _SOURCE_PORT, _ICMP_ID, _ICMP6_ID = 1, 2, 4, 7
_SEEN_REPLY = 2


class Tracked:
    """The events of one namespace."""

    def __init__(self, netns: Netns, protocol: int, first: int, last: int) -> None:
        """Begin to listen in the namespace that this process is in, for entries of the protocol whose source port (or
        echo id) is in the range.  Raises OSError."""
        self.netns = netns
        self._protocol, self._first, self._last = protocol, first, last
        self._made: dict[int, bool] = {}
        self._told = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETFILTER)
        self._told.bind((0, 0))
        self._told.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            for group in _GROUPS:
                self._told.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        except OSError:
            self.close()
            raise

    def drain(self) -> None:
        """Take what the kernel has told since the last time."""
        while True:
            try:
                data = self._told.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: more events than the buffer holds
                continue
            start = 0
            while start + 20 <= len(data):
                length, kind = struct.unpack_from("=IH", data, start)
                if length < 20:
                    break
                if kind >> 8 == _SUBSYSTEM:
                    self._hear(data[start + 20 : start + length])
                start += length + 3 & ~3

    def _hear(self, payload: bytes) -> None:
        try:
            found = attributes(payload)
            ends = attributes(attributes(found.get(_ORIGINAL, b"")).get(_PROTOCOL, b""))
        except NotOrdinaryError:
            return
        port = int.from_bytes(ends.get(_SOURCE_PORT, ends.get(_ICMP_ID, ends.get(_ICMP6_ID, b""))), "big")
        if ends.get(_NUMBER, b"")[:1] != bytes((self._protocol,)) or not self._first <= port <= self._last:
            return
        answered = int.from_bytes(found.get(_STATUS, b""), "big") & _SEEN_REPLY != 0
        self._made[port] = self._made.get(port, False) or answered

    def counted(self) -> TrackedConnections:
        """Return how many entries were made, and how many saw an answer."""
        return TrackedConnections(self.netns, len(self._made), sum(self._made.values()))

    def close(self) -> None:
        """Stop to listen."""
        self._told.close()
