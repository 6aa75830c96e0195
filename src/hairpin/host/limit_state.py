"""The present state of limits and tables, which the kernel lists in /proc/net."""

import msgspec


class RecentAddress(msgspec.Struct, frozen=True, gc=False):
    """An address in a list of xt_recent, with the ``jiffies`` of its packets."""

    list: str
    version: int
    address: int
    stamps: tuple[int, ...]


class HashBucket(msgspec.Struct, frozen=True, gc=False):
    """A bucket of xt_hashlimit: ``credit`` that it has, and the ``cost`` of a packet."""

    list: str
    version: int
    saddr: int
    sport: int
    daddr: int
    dport: int
    credit: int
    cost: int


class LimitState(msgspec.Struct, frozen=True):
    """The lists of one namespace, and the time of the reading in the kernel's own unit.

    ``jiffies`` or ``ticks_per_s`` None: the host did not say."""

    recent: tuple[RecentAddress, ...] = ()
    buckets: tuple[HashBucket, ...] = ()
    jiffies: int | None = None
    ticks_per_s: int | None = None
    evidence: str = ""


class Counters(msgspec.Struct, frozen=True):
    """What the kernel has counted for a namespace.  ``dropped``: packets that connection tracking dropped, ``evicted``:
    entries that made room for new ones.  ``neighbours``: IP version, entries of the machine's neighbour table, and new
    neighbours that it refused; empty except in a machine's first network namespace."""

    dropped: int = 0
    evicted: int = 0
    neighbours: tuple[tuple[int, int, int], ...] = ()
    evidence: str = ""
