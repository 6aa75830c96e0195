"""The present state of limits and tables, which the kernel lists in /proc/net."""

import msgspec


class RecentAddress(msgspec.Struct, frozen=True, gc=False):
    """An address in a list of xt_recent.  ``stamps``: the times, in jiffies, at which packets of the address were
    seen."""

    list: str
    version: int
    address: int
    stamps: tuple[int, ...]


class HashBucket(msgspec.Struct, frozen=True, gc=False):
    """A bucket of xt_hashlimit.  ``credit``: the credit that the bucket has.  ``cost``: the credit that a packet
    costs."""

    list: str
    version: int
    saddr: int
    sport: int
    daddr: int
    dport: int
    credit: int
    cost: int


class LimitState(msgspec.Struct, frozen=True):
    """The lists of one namespace, and the time of the reading in the kernel's own unit, jiffies.

    ``jiffies`` and ``ticks_per_s`` are None if the host's readings do not show them."""

    recent: tuple[RecentAddress, ...] = ()
    buckets: tuple[HashBucket, ...] = ()
    jiffies: int | None = None
    ticks_per_s: int | None = None
    evidence: str = ""


class Counters(msgspec.Struct, frozen=True):
    """The kernel's counters for a namespace.  ``dropped``: the packets that connection tracking dropped.  ``evicted``:
    the conntrack entries that the kernel deleted to make room for new entries.

    ``neighbours``: for each IP version, a tuple of the version, the number of entries in the kernel's neighbour table
    (of all namespaces), and the number of new neighbours that the kernel refused (``table_fulls``).  Only the initial
    network namespace shows these counters.  In others the field is empty."""

    dropped: int = 0
    evicted: int = 0
    neighbours: tuple[tuple[int, int, int], ...] = ()
    evidence: str = ""
