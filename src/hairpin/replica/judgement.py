"""The second judge's questions and answers: only types, for code that reads a verdict without running a replica.
``Kernel`` is the judge's protocol; ``replica/judge.py`` has this machine's kernel.
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
"""The kernel's verdict.  The words mean the same as in walk/walk.py."""


class Hit(msgspec.Struct, frozen=True):
    """A rule that a packet matched, or a policy that decided (``number`` 0).  ``does``: its verdict if it ends the
    packet's path."""

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
    """A packet on a link.  ``at_ns``: the kernel's clock; ``icmp``: type << 8 | code of an ICMP message.

    ``payload_bytes``: the bytes after the transport header.  ``quoted``: the ports of the packet that an ICMP error is
    about."""

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
    payload_bytes: int = 0
    quoted: tuple[int, ...] = ()

    def text(self) -> str:
        """Return ``192.0.2.10:40000 > 198.51.100.11:8151 SYN``."""
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
    """The place where the packet was lost or rejected: its last link (``out``: on egress), the rules that dropped it,
    and the kernel's own reasons."""

    netns: Netns
    link: str = ""
    out: bool = False
    rules: tuple[Hit, ...] = ()
    reasons: tuple[str, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """The kernel's verdict on a flow.

    ``path``: every packet on every link, in order of time.  ``left_out``: parts that differ from the host, so that the
    kernel's verdict may be wrong.  ``apart``: namespaces that no packet reaches."""

    flow: Flow
    verdict: Verdict | Literal["depends"]
    place: Place | None = None
    path: tuple[Sighting, ...] = ()
    elapsed_ms: float = 0.0
    left_out: tuple[Message, ...] = ()
    apart: tuple[Message, ...] = ()


class Case(msgspec.Struct, frozen=True):
    """Flows to be judged without the ``change`` and with it; None: only without."""

    network: Network
    flows: tuple[Flow, ...]
    evidence: tuple[Evidence, ...] = ()
    change: Change | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The answers, in the order asked: ``before`` the change and ``after`` it.  ``took_ms``: how long the parts took.
    ``error``: why no replica could be built."""

    before: tuple[Judgement, ...] = ()
    after: tuple[Judgement, ...] = ()
    took_ms: tuple[tuple[str, float], ...] = ()
    error: Message | None = None


class Kernel(Protocol):
    """The second judge: a kernel that forwards the flows' packets in replicas of the network."""

    @property
    def release(self) -> str:
        """``uname -r``."""
        ...

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        """Return one outcome for each case; the cases run in parallel.  The outcome of a failed replica has an
        ``error``.  Raises ChangeError."""
        ...

    def judging(self, cases: tuple[Case, ...]) -> AbstractContextManager[Callable[[], tuple[Outcome, ...]]]:
        """Start the cases, and yield the function that waits for the outcomes, so that other work can be done
        meanwhile.  A kernel that cannot work in the background runs the cases when that function is called."""
        return nullcontext(lambda: self.judge(cases))
