"""Traffic control of a link: queueing disciplines that may drop all packets, and filters.

Source: tc(8), tc-u32(8), tc-flower(8), tc-matchall(8), tc-actions(8)
"""

from typing import Literal

import msgspec

from hairpin.netfilter.evaluate.bytecode import Program


class Qdisc(msgspec.Struct, frozen=True, tag="qdisc"):
    """A queueing discipline.  ``parent``: the class that it is attached to (``1:2``); empty for the link's root
    queueing discipline.  ``default``: the minor number of the class of packets that no filter classifies.  ``priomap``:
    the band of ``prio`` for each priority.

    ``limit``: a number of packets; for ``bfifo`` and ``tbf``, a number of bytes.  ``burst_bytes``: the longest frame
    that ``tbf`` accepts.  ``loss``: the share of packets that ``netem`` drops.  ``words``: the options of the queueing
    discipline in tc's syntax."""

    kind: str
    handle: str = ""
    parent: str = ""
    limit: int | None = None
    burst_bytes: int | None = None
    loss: float = 0.0
    default: int | None = None
    priomap: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def text(self) -> str:
        """The queueing discipline in tc's syntax."""
        return " ".join((self.kind, *self.words))


class HeaderMatch(msgspec.Struct, frozen=True, tag="header"):
    """A match that is satisfied if a header field is in a range of numbers."""

    field: Literal["protocol", "saddr", "daddr", "sport", "dport", "icmp-type", "icmp-code"]
    first: int
    last: int


class BitsMatch(msgspec.Struct, frozen=True, tag="bits"):
    """A match of u32: it is satisfied if the 32 bits at ``offset`` bytes from the network header, masked, have this
    value."""

    offset: int
    mask: int
    value: int


class UnknownMatch(msgspec.Struct, frozen=True, tag="unknown"):
    """A match that hairpin does not model."""


class ProgramMatch(msgspec.Struct, frozen=True, tag="program"):
    """A match that is satisfied if a program of classic BPF returns a number other than 0 for the frame."""

    program: Program


FilterMatch = HeaderMatch | BitsMatch | ProgramMatch | UnknownMatch
FilterAction = Literal["pass", "drop", "continue", "redirect", "unknown"]


class Filter(msgspec.Struct, frozen=True, tag="filter"):
    """A filter.  ``place``: ``ingress``, ``egress`` (both of clsact), or ``root`` for a queueing discipline.

    ``protocol``: ``all``, ``ip``, ``ipv6`` or another protocol.  ``to_link``: the target of ``redirect``.  ``flowid``:
    the class that the filter chooses.  ``program``: a program of classic BPF whose result is the action
    (direct-action).  ``polices``: whether an action acts on packets above a rate.  ``words``: the matches and the
    action in tc's syntax; None if hairpin does not model them."""

    place: Literal["ingress", "egress", "root"]
    kind: str
    pref: int
    protocol: str = "all"
    handle: str = ""
    matches: tuple[FilterMatch, ...] = ()
    action: FilterAction = "pass"
    to_link: str = ""
    flowid: str = ""
    words: tuple[str, ...] | None = None
    evidence: str = ""
    program: Program = ()
    polices: bool = False

    @property
    def text(self) -> str:
        """The filter as tc lists it, in one line."""
        return " ".join((f"protocol {self.protocol} pref {self.pref} {self.kind}", *(self.words or ())))
