"""The present state of limits, as the kernel lists it in /proc/net."""

import msgspec


class RecentAddress(msgspec.Struct, frozen=True, gc=False):
    """An address in a list of xt_recent: the ``jiffies`` of its packets."""

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
    """The lists of one namespace, and the time at which they were read in the kernel's own unit.

    ``jiffies`` or ``ticks_per_s`` None: the host did not say."""

    recent: tuple[RecentAddress, ...] = ()
    buckets: tuple[HashBucket, ...] = ()
    jiffies: int | None = None
    ticks_per_s: int | None = None
    evidence: str = ""
