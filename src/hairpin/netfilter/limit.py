"""Limits whose present state the kernel lists: the connections, lists and buckets of one client, and quotas.  If
``over`` is true, the rule matches packets above the limit; otherwise it matches packets below the limit."""

from typing import Literal

import msgspec


class ConnectionLimit(msgspec.Struct, frozen=True, tag="connections", gc=False):
    """``-m connlimit``, nft ``ct count``: a limit on the number of connections whose addresses (``by``) have the same
    first ``bits`` bits.  The packet's own connection is counted, too."""

    most: int
    over: bool
    bits: int
    by: Literal["saddr", "daddr"] = "saddr"


class RecentLimit(msgspec.Struct, frozen=True, tag="recent", gc=False):
    """``-m recent --rcheck`` or ``--update``: the address was entered in the list at least ``hits`` times within the
    last ``seconds`` (None: at any time)."""

    list: str
    hits: int
    seconds: int | None
    bits: int
    over: bool = True
    by: Literal["saddr", "daddr"] = "saddr"


class HashLimit(msgspec.Struct, frozen=True, tag="hashlimit", gc=False):
    """``-m hashlimit`` with a limit of packets, not of bytes.  The kernel has a bucket for each combination of the
    values of the address and port fields in ``mode``."""

    list: str
    over: bool
    mode: tuple[str, ...]
    source_bits: int
    destination_bits: int


class QuotaLimit(msgspec.Struct, frozen=True, tag="quota", gc=False):
    """nft ``quota``: a number of bytes for all packets that reach the statement.  ``spent``: the listing shows that the
    bytes are used up.  ``name``: the name of a named quota; empty for an anonymous quota."""

    spent: bool
    over: bool
    name: str = ""


class TimeWindow(msgspec.Struct, frozen=True, tag="time", gc=False):
    """``-m time`` and nft ``meta time``: a packet matches between two moments (seconds since 1970), between two times
    of the day (seconds), and on certain days of the week (Monday is 1) and of the month.

    ``contiguous``: whether a window over midnight belongs to the day on which it begins.  ``in_kernels_zone``: whether
    times are in the time zone of the host or its kernel, which no reading shows; otherwise they are in UTC."""

    first_s: int = 0
    last_s: int = 0xFFFFFFFF
    day_start_s: int = 0
    day_stop_s: int = 86399
    weekdays: frozenset[int] = frozenset(range(1, 8))
    month_days: frozenset[int] = frozenset(range(1, 32))
    contiguous: bool = False
    in_kernels_zone: bool = False
    over: bool = True


class Rate(msgspec.Struct, frozen=True, tag="rate", gc=False):
    """The traffic that ``-m limit``, ``-m hashlimit`` or nft ``limit`` lets pass: ``count`` units per ``period``, and
    ``burst`` packets at once (None: the listing does not say).  ``unit``: ``packets``, or a number of bytes in the
    tool's words (``kbytes``).  ``by``: the fields whose values have a bucket of their own; empty for one bucket of all
    packets."""

    count: int
    unit: str
    period: Literal["second", "minute", "hour", "day", "week"]
    burst: int | None = None
    by: tuple[str, ...] = ()


ClientLimit = ConnectionLimit | RecentLimit | HashLimit
Limit = ClientLimit | QuotaLimit | TimeWindow


class Queue(msgspec.Struct, frozen=True, tag="queue", gc=False):
    """The queues of NFQUEUE or nft ``queue``, by their numbers.  ``bypass``: if no program listens for the packet's
    queue, the packet goes on; otherwise it is dropped."""

    first: int
    last: int
    bypass: bool = False
