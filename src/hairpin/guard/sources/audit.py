"""What the kernel's audit tells of the tables of iptables-legacy: each replacement, and the process that made it.

It tells only where audit is on, and hairpin never switches it on: ``auditctl -e 1`` does.  The records do not name a
network namespace, so they count only if the tables of this one are others than before.

Source: linux/audit.h, kernel/audit.c audit_multicast_bind(), __audit_log_nfcfg()
"""

import re
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from socket import AF_NETLINK, SO_RCVTIMEO, SOCK_RAW, SOL_SOCKET, socket

from hairpin.guard.change import Culprit, SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources.legacy import DETAIL, LegacyTables
from hairpin.guard.sources.told import HEADER, LONGEST, Only, ToldSocket, datagrams, told_socket, unseen

_AUDIT, _GROUP = 9, 1
"""NETLINK_AUDIT, AUDIT_NLGRP_READLOG"""
_GET, _TABLES = 1000, 1325
"""AUDIT_GET, AUDIT_NETFILTER_CFG"""
_REQUEST = 0x1
_RECORD = re.compile(
    r"table=(?P<table>\S+) family=(?P<family>\d+) entries=\d+ op=xt_(?:replace|register) pid=(?P<pid>\d+)"
    r'.*? comm=(?:"(?P<name>[^"]*)"|(?P<hex>[0-9A-F]+))'
)


class Audit(ToldSocket):
    """The records of audit, which are told in the first network namespace."""

    def __init__(self, makers: Makers, tables: LegacyTables) -> None:
        """Raises OSError if the process may not listen (CAP_AUDIT_READ)."""
        super().__init__(told_socket(_AUDIT, (_GROUP,), Only(4, 2, (_TABLES,))))
        self._makers = makers
        self._tables = tables
        tables.is_told = bool(is_on())

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield who replaced a table, if one of this network namespace was: each who may have."""
        del descriptor
        makers: list[Culprit | None] = []
        for data in datagrams(self._socket):
            if data is None:
                yield unseen(time.time())
                continue
            makers += (self._makers.of_kernel(pid, name) for pid, name in writers(data))
        if makers:
            self._tables.is_told = True
            if self._tables.have_changed(by_rules=True):
                now = time.time()
                yield from (SeenChange("rules", now, DETAIL, maker) for maker in makers)


def writers(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield the process and its name of each replacement of a table that a datagram tells."""
    length, kind, *_ = HEADER.unpack_from(data) if len(data) >= HEADER.size else (0, 0)
    if kind != _TABLES:
        return
    # The length that audit writes into the header leaves out the header itself (kernel/audit.c audit_log_end()).
    text = data[HEADER.size : max(length, len(data))].decode("utf-8", "backslashreplace")
    found = _RECORD.search(text)
    if found is not None:
        name = found["name"] if found["name"] is not None else bytes.fromhex(found["hex"]).decode("utf-8", "replace")
        yield int(found["pid"]), name


def is_on() -> bool | None:
    """Return whether audit is on; None if the kernel does not say so to this process."""
    with suppress(OSError), socket(AF_NETLINK, SOCK_RAW, _AUDIT) as asked:
        asked.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("@ll", 1, 0))
        asked.send(HEADER.pack(HEADER.size, _GET, _REQUEST, 1, 0))
        for _ in range(4):
            data = asked.recv(LONGEST)
            _, kind, *_ = HEADER.unpack_from(data)
            if kind == _GET:  # struct audit_status: a mask, and then whether audit is enabled
                return bool(struct.unpack_from("=II", data, HEADER.size)[1])
    return None
