"""The files in /proc/net of each namespace: counters of drops and of the kernel's own answers, half-open connections.

The counters confirm a drop that the tracepoint has shown.  The tracepoint alone is not enough, because it also shows
packets of other processes, if the kernel handles them while this process runs.  The counters also show an answer that
rules in OUTPUT drop before a tap sees it.

Source: net/ipv4/proc.c, net/ipv6/proc.c

A connection is half open if a socket accepted a SYN, and its SYN-ACK was not acknowledged.  The SYN-ACK may never have
been on a link: a rule of OUTPUT dropped it, or the next hop of the SYN-ACK does not answer ARP.  Source:
net/ipv4/tcp_input.c tcp_conn_request(), net/ipv4/tcp_ipv4.c get_openreq4()
"""

from functools import cache
from pathlib import Path

from hairpin.host.netns import Netns

_FILES = ("/proc/net/snmp", "/proc/net/netstat")
_LOST = frozenset({
    "InAddrErrors", "InHdrErrors", "InDiscards", "OutDiscards", "OutNoRoutes", "InNoRoutes", "IPReversePathFilter",
    "InTruncatedPkts", "NoPorts", "Udp6NoPorts", "FragFails", "Ip6InAddrErrors", "Ip6InNoRoutes", "Ip6OutNoRoutes",
    "Ip6InDiscards", "Ip6OutDiscards", "Ip6InHdrErrors", "Ip6InTooBigErrors",
})  # fmt: skip
REFUSALS = frozenset({"OutRsts", "NoPorts", "Udp6NoPorts"})
"""The counters of packets that the kernel refuses because no socket listens.

The refusals of a rule's REJECT are not counted here."""
RESETS = "OutRsts"
"""The counter of RSTs that the kernel sends.  The kernel counts each RST that it makes, even if it has no route for the
RST.  The RSTs of REJECT rules are not counted here: net/ipv4/tcp_ipv4.c tcp_v4_send_reset()"""
ECHO_REPLIES = frozenset({"OutEchoReps", "Icmp6OutEchoReplies"})
"""The counters of echo replies.  The kernel counts an echo reply if it has a route for it, before the rules of OUTPUT
see it: net/ipv4/ip_output.c __ip_make_skb()"""
ANSWERS = ECHO_REPLIES | {RESETS}
_LOOKED_AT = _LOST | ANSWERS
_TCP_FILES = ("/proc/net/tcp", "/proc/net/tcp6")
_SYN_RECEIVED = "03"


class KernelCounters:
    """The counters of drops and answers of each namespace."""

    def __init__(self) -> None:
        self._before: dict[Netns, dict[str, int]] = {}

    def grown(self, netns: Netns) -> tuple[str, ...]:
        """Return the counters that have grown since the last reading, in the process's present namespace."""
        now = _read()
        before = self._before.get(netns, {})
        self._before[netns] = now
        return tuple(name for name, value in now.items() if value > before.get(name, 0))


def _read() -> dict[str, int]:
    found: dict[str, int] = {}
    for name in _FILES:
        found |= counted(Path(name).read_text("ascii"))
    six = Path("/proc/net/snmp6")
    if six.exists():
        for line in six.read_text("ascii").splitlines():
            key, value = line.split()
            if key in _LOOKED_AT:
                found[key] = int(value)
    return found


def counted(text: str) -> dict[str, int]:
    """Return the drop and answer counters in ``/proc/net/snmp``: for each protocol a line of names and a line of
    values."""
    found: dict[str, int] = {}
    lines = text.splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        if names.startswith("UdpLite:"):
            continue  # UDP-Lite's counters have the same names as UDP's counters
        numbers = values.split()
        found |= {key: int(numbers[at]) for at, key in _columns(names)}
    return found


@cache
def _columns(names: str) -> tuple[tuple[int, str], ...]:
    """Return the columns of the relevant counters in a line of names.  The result is cached, because a kernel has few
    such lines."""
    return tuple((at, key) for at, key in enumerate(names.split()) if key in _LOOKED_AT)


class HalfOpen:
    """The half-open connections of each namespace."""

    def __init__(self) -> None:
        self._before = set[tuple[Netns, str, str]]()

    def appeared(self, netns: Netns) -> bool:
        """Return whether new half-open connections appeared since the last reading, in the process's present
        namespace."""
        now = {(netns, *ends) for name in _TCP_FILES if Path(name).exists() for ends in _ends(Path(name))}
        new = now - self._before
        self._before |= now
        return bool(new)


def _ends(path: Path) -> set[tuple[str, str]]:
    """Return the local and the remote end of each half-open connection in the file."""
    rows = (line.split(None, 4)[1:4] for line in path.read_text("ascii").splitlines()[1:])
    return {(ours, theirs) for ours, theirs, state in rows if state == _SYN_RECEIVED}
