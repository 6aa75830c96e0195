"""The second judge's questions and answers: this module has only types, for code that reads a verdict without running a
replica.  ``Kernel`` is the judge's protocol; ``replica/judge.py`` implements it with this machine's kernel.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

import msgspec

from hairpin.change.change import Change
from hairpin.evidence.reading import Evidence
from hairpin.host.netns import Netns
from hairpin.message import Message
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import Version

Verdict = Literal["delivered", "dropped", "rejected", "refused", "unanswered", "looped"]
"""The kernel's verdict.  The verdicts have the same meaning as in walk/walk.py."""


class Hit(msgspec.Struct, frozen=True):
    """A rule that a packet matched, or a chain's policy that decided, which has the ``number`` 0.

    ``does``: ``drop`` or ``reject`` if the rule drops or rejects the packet, otherwise ``other``."""

    netns: Netns
    dialect: str
    family: str
    table: str
    chain: str
    number: int
    text: str
    packets: int
    does: Literal["drop", "reject", "other"] = "other"


class Sighting(msgspec.Struct, frozen=True):
    """A packet that was seen on a link.

    ``at_ns``: the time in nanoseconds, by the kernel's clock.  ``icmp``: type << 8 | code of an ICMP message.

    ``quoted``: the ports of the packet that an ICMP error is about.

    ``tag``: a number that NAT leaves as it is, by which a packet and its answer are recognised at every hop: the
    initial sequence number that a SYN, its answer or an ICMP error about it names, the id of a DNS message, or the
    sequence number of an echo; None for other packets."""

    at_ns: int
    netns: Netns
    link: str
    out: bool
    version: Version
    source: str
    destination: str
    protocol: int
    sport: int | None = None
    dport: int | None = None
    tcp_flags: int = 0
    icmp: int | None = None
    quoted: tuple[int, ...] = ()
    tag: int | None = None

    def text(self) -> str:
        """Return the packet as text, such as ``192.0.2.10:40000 > 198.51.100.11:8151 SYN``."""
        ends = [
            f"{f'[{address}]' if self.version == 6 and port is not None else address}"
            + (f":{port}" if port is not None else "")
            for address, port in ((self.source, self.sport), (self.destination, self.dport))
        ]
        return " ".join((" > ".join(ends), *_kind(self)))


def _kind(seen: Sighting) -> tuple[str, ...]:
    if seen.protocol == TCP:
        names = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")
        return ("-".join(name for bit, name in enumerate(names) if seen.tcp_flags >> bit & 1),)
    if seen.icmp is not None:
        return (f"ICMP {seen.icmp >> 8}/{seen.icmp & 255}",)
    return ("UDP",) if seen.protocol == UDP else (f"protocol {seen.protocol}",)


class Place(msgspec.Struct, frozen=True):
    """The place where the packet was lost or rejected: the last link on which it was seen, the rules that dropped it,
    and the kernel's drop reasons.  ``out``: whether the packet was leaving by the link."""

    netns: Netns
    link: str = ""
    out: bool = False
    rules: tuple[Hit, ...] = ()
    reasons: tuple[str, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """The kernel's verdict on a flow.

    ``path``: every sighting of a packet on a link, in order of time.  ``left_out``: the parts of the host that the
    replica lacks or builds differently.  Because of a missing or different part, the kernel's verdict may be wrong.
    ``apart``: the namespaces that are not rebuilt because no packet reaches them."""

    flow: Flow
    verdict: Verdict | Literal["depends"]
    place: Place | None = None
    path: tuple[Sighting, ...] = ()
    elapsed_ms: float = 0.0
    left_out: tuple[Message, ...] = ()
    apart: tuple[Message, ...] = ()


class Case(msgspec.Struct, frozen=True):
    """Flows to be judged without ``change`` and with ``change``.

    If ``change`` is None, the flows are judged only without a change."""

    network: Network
    flows: tuple[Flow, ...]
    evidence: tuple[Evidence, ...] = ()
    change: Change | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The kernel's answers, in the order of the flows.

    ``before``: the answers without the change.  ``after``: the answers with the change.  ``took_ms``: the duration of
    each part of the work, in milliseconds.  ``error``: the reason why no replica could be built."""

    before: tuple[Judgement, ...] = ()
    after: tuple[Judgement, ...] = ()
    took_ms: tuple[tuple[str, float], ...] = ()
    error: Message | None = None


class Kernel(Protocol):
    """The second judge: a kernel that forwards the flows' packets in replicas of the network."""

    @property
    def release(self) -> str:
        """The kernel's release, as ``uname -r`` prints it."""
        ...

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        """Return one outcome for each case; the cases run in parallel.

        If a replica fails, its outcome has an ``error``.  Raises ChangeError if a change does not fit its network."""
        ...

    def judging(self, cases: tuple[Case, ...]) -> AbstractContextManager[Callable[[], tuple[Outcome, ...]]]:
        """Start the cases, and yield the function that waits for the outcomes.  The caller can do other work before it
        calls this function.  A judge that cannot work in the background runs the cases when the caller calls the
        function."""
        return nullcontext(lambda: self.judge(cases))
