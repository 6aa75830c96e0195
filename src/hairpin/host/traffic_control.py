"""Traffic control of a link: queueing disciplines that may drop all packets, and filters.

Source: tc(8), tc-u32(8), tc-flower(8), tc-matchall(8), tc-actions(8)
"""

from typing import Literal

import msgspec


class Qdisc(msgspec.Struct, frozen=True, tag="qdisc"):
    """A queueing discipline.  ``parent``: the class that it is attached to (``1:2``); empty: it is the link's root.

    ``limit``: packets, or bytes for ``bfifo`` and ``tbf``.  ``burst_bytes``: the longest frame that ``tbf`` takes.
    ``loss``: the share of packets that ``netem`` drops. ``words``: its options in tc's syntax."""

    kind: str
    handle: str = ""
    parent: str = ""
    limit: int | None = None
    burst_bytes: int | None = None
    loss: float = 0.0
    words: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def text(self) -> str:
        """The discipline as tc takes it."""
        return " ".join((self.kind, *self.words))


class HeaderMatch(msgspec.Struct, frozen=True, tag="header"):
    """A header field lies in a range of numbers."""

    field: Literal["protocol", "saddr", "daddr", "sport", "dport", "icmp-type", "icmp-code"]
    first: int
    last: int


class BitsMatch(msgspec.Struct, frozen=True, tag="bits"):
    """The 32 bits at that offset in bytes from the network header, masked, have that value (u32)."""

    offset: int
    mask: int
    value: int


class UnknownMatch(msgspec.Struct, frozen=True, tag="unknown"):
    """A match that hairpin does not model."""


FilterMatch = HeaderMatch | BitsMatch | UnknownMatch
FilterAction = Literal["pass", "drop", "continue", "redirect", "unknown"]


class Filter(msgspec.Struct, frozen=True, tag="filter"):
    """A filter.  ``place``: ``ingress``, ``egress`` (clsact), or the queueing discipline (``root``).

    ``protocol``: ``all``, ``ip``, ``ipv6`` or another one.  ``to_link``: the target of ``redirect``.  ``words``: match
    and action in tc's syntax; None: they were not understood."""

    place: Literal["ingress", "egress", "root"]
    kind: str
    pref: int
    protocol: str = "all"
    handle: str = ""
    matches: tuple[FilterMatch, ...] = ()
    action: FilterAction = "pass"
    to_link: str = ""
    words: tuple[str, ...] | None = None
    evidence: str = ""

    @property
    def text(self) -> str:
        """The filter as tc lists it, in one line."""
        return " ".join((f"protocol {self.protocol} pref {self.pref} {self.kind}", *(self.words or ())))
