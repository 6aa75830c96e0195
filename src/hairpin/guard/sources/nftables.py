"""The generations of nftables: each committed transaction of nft and iptables-nft, and the thread that sent it.

The kernel tells each rule of a transaction to the same group.  Only the generation is let in, so a restore of 50,000
rules is one message.  Source: linux/netfilter/nf_tables.h, net/netfilter/nf_tables_api.c nf_tables_fill_gen_info()
"""

import time
from collections.abc import Iterator

from hairpin.collect.netlink.channel import NETFILTER
from hairpin.guard.change import SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources.told import Only, ToldSocket, attributes, datagrams, messages, told_socket, unseen

_GROUP = 7
"""NFNLGRP_NFTABLES"""
_NEW_GENERATION = 10 << 8 | 15
"""NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN"""
_TYPE_AT = 4
_ID, _THREAD, _NAME = 1, 2, 3


class Generations(ToldSocket):
    """The generations of the network namespace in which it is made."""

    def __init__(self, makers: Makers) -> None:
        """Raises OSError if the process may not listen."""
        super().__init__(told_socket(NETFILTER, (_GROUP,), Only(_TYPE_AT, 2, (_NEW_GENERATION,))))
        self._makers = makers

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield each generation, with who made it."""
        del descriptor
        for data in datagrams(self._socket):
            now = time.time()
            if data is None:
                yield unseen(now)
                continue
            for number, thread, name in generations(data):
                yield SeenChange("rules", now, str(number), self._makers.of_kernel(thread, name))


def generations(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield the number, the thread and its name of each generation that a datagram tells."""
    for kind, _, payload in messages(data):
        if kind == _NEW_GENERATION:
            found = attributes(payload, 4)
            name = found.get(_NAME, b"").rstrip(b"\0").decode("utf-8", "backslashreplace")
            yield _number(found.get(_ID)), _number(found.get(_THREAD)), name


def _number(value: bytes | None) -> int:
    return int.from_bytes(value or b"", "big")
