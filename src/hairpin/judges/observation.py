"""What real probes of a flow showed on the real host: the outcome of each probe, where the packets were seen, and what
moved meanwhile.  This module has only types and figures; ``live/`` sends the probes.

A probe of TCP is a connection that is closed at once, a probe of UDP is one datagram, and a probe of ICMP is one echo
request.
"""

from math import sqrt
from statistics import median
from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.message import Message

ProbeOutcome = Literal["answered", "refused", "silent", "could-not-try"]
"""``refused``: a RST or an ICMP error came back.  ``silent``: nothing came back within the patience.
``could-not-try``: the probe was not sent, which is never evidence about the flow."""
_Z = 1.959964
"""The quantile of the normal distribution for an interval of 95 %."""


class ProbeAttempt(msgspec.Struct, frozen=True):
    """One probe.  ``latency_ms``: the time to the answer, in milliseconds.  ``sport``: its source port, or the id of an
    echo request; 0 if it is not known.  ``said``: the error that the kernel told, such as ``ECONNREFUSED``."""

    outcome: ProbeOutcome
    latency_ms: float | None = None
    sport: int = 0
    said: str = ""


class SeenHop(msgspec.Struct, frozen=True):
    """A link on which probes were seen.  ``out``: whether they left by the link.  ``reply``: whether their answers were
    seen, not the probes.  ``probes``: how many probes.  ``text``: the first packet."""

    netns: Netns
    link: str
    out: bool
    reply: bool
    probes: int
    text: str = ""


class MovedCounter(msgspec.Struct, frozen=True):
    """A counter that grew by ``by`` while the probes were sent.  Other traffic may have moved it, too.

    ``name``: the rule, or the kernel's name of the counter.  ``does``: what the rule does to its packets."""

    netns: Netns
    name: str
    by: int
    does: Literal["drop", "reject", "other"] = "other"


class TracedVerdict(msgspec.Struct, frozen=True):
    """A rule or policy of nftables that ended packets of probes, as the kernel's trace of these packets says.

    ``text``: the rule.  ``packets``: how many packets."""

    netns: Netns
    family: str
    table: str
    chain: str
    text: str
    packets: int


class TrackedConnections(msgspec.Struct, frozen=True):
    """The conntrack entries of the probes in one namespace: how many the kernel made, and how many saw an answer."""

    netns: Netns
    made: int
    answered: int


class LiveObservation(msgspec.Struct, frozen=True):
    """The probes of one flow from one standpoint.

    ``standpoint``: ``host``, ``container:NAME``, or USER@HOST.  ``means``: the program that sent the probes; empty for
    hairpin itself.  ``hops``: in order of time.  ``ends``: the last hop of each silent probe, with their numbers.
    ``reasons``: the kernel's drop reasons for packets that hairpin's own process sent, each with its number.
    ``watched``: the namespaces in which packets were captured.  ``missing``: what could not be watched.  ``why_not``:
    the reason why no probe was sent.  ``arrived_from``: the address from which the probes of another machine came to
    this host, if it is not the one that this machine names; a NAT gateway between may change it.  ``wanted``: whether
    the user named the machine from which no probe could be sent."""

    standpoint: str
    protocol: Literal["tcp", "udp", "icmp"] = "tcp"
    means: str = ""
    attempts: tuple[ProbeAttempt, ...] = ()
    hops: tuple[SeenHop, ...] = ()
    ends: tuple[SeenHop, ...] = ()
    traced: tuple[TracedVerdict, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    moved: tuple[MovedCounter, ...] = ()
    tracked: tuple[TrackedConnections, ...] = ()
    watched: tuple[Netns, ...] = ()
    missing: tuple[Message, ...] = ()
    why_not: Message | None = None
    arrived_from: str = ""
    wanted: bool = False

    def count(self, outcome: ProbeOutcome) -> int:
        """Return how many probes had this outcome."""
        return sum(each.outcome == outcome for each in self.attempts)

    @property
    def tried(self) -> int:
        """The number of probes that were sent."""
        return len(self.attempts) - self.count("could-not-try")

    @property
    def failed(self) -> int:
        """The number of probes that were refused or silent."""
        return self.count("refused") + self.count("silent")

    @property
    def share(self) -> float | None:
        """The share of answered probes among the sent ones; None if none was sent."""
        return self.count("answered") / self.tried if self.tried else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of 95 % in which the share of all such connections lies; None if no probe was sent."""
        return wilson(self.count("answered"), self.tried) if self.tried else None

    @property
    def latencies_ms(self) -> tuple[float, float] | None:
        """The median and the longest time to an answer, in milliseconds; None if no probe was answered in a known
        time."""
        answered = (each.latency_ms for each in self.attempts if each.outcome == "answered")
        known = [each for each in answered if each is not None]
        return (median(known), max(known)) if known else None


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the interval of 95 % for a share of which ``part`` of ``whole`` were seen.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927)"""
    share = part / whole
    centre = share + _Z**2 / (2 * whole)
    spread = _Z * sqrt(share * (1 - share) / whole + _Z**2 / (4 * whole**2))
    scale = 1 + _Z**2 / whole
    low = 0.0 if part == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if part == whole else min(1.0, (centre + spread) / scale)
    return low, high
