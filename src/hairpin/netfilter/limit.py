"""Limits whose present state the kernel lists: conditions on the connections, lists and buckets of one client.
``over``: the rule matches packets above the limit; otherwise it matches the packets below.
"""

from typing import Literal

import msgspec


class ConnectionLimit(msgspec.Struct, frozen=True, tag="connections", gc=False):
    """``-m connlimit``, nft ``ct count``: the number of connections, including this one, whose address has the same
    first ``bits`` bits."""

    most: int
    over: bool
    bits: int
    by: Literal["saddr", "daddr"] = "saddr"


class RecentLimit(msgspec.Struct, frozen=True, tag="recent", gc=False):
    """``-m recent --rcheck`` or ``--update``: the address was entered in the list at least ``hits`` times, within the
    last ``seconds`` (None: ever)."""

    list: str
    hits: int
    seconds: int | None
    bits: int
    over: bool = True
    by: Literal["saddr", "daddr"] = "saddr"


class HashLimit(msgspec.Struct, frozen=True, tag="hashlimit", gc=False):
    """``-m hashlimit`` in packets: a bucket for each combination of the parts ``mode`` of a packet."""

    list: str
    over: bool
    mode: tuple[str, ...]
    source_bits: int
    destination_bits: int


Limit = ConnectionLimit | RecentLimit | HashLimit
