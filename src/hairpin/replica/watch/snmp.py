"""The kernel's own counters of packets thrown away and of answers that it makes itself, which each namespace has.

They confirm a drop that the tracepoint has shown: that one also shows what happens to strangers' packets while this
process happens to do the kernel's work for them.  Of an answer they tell where the rules of OUTPUT take it, before it
is seen on a link.  Source: net/ipv4/proc.c, net/ipv6/proc.c
"""

from pathlib import Path

from hairpin.host.netns import Netns

_FILES = ("/proc/net/snmp", "/proc/net/netstat")
_LOST = frozenset({
    "InAddrErrors", "InHdrErrors", "InDiscards", "OutDiscards", "OutNoRoutes", "InNoRoutes", "IPReversePathFilter",
    "InTruncatedPkts", "NoPorts", "Udp6NoPorts", "FragFails", "Ip6InAddrErrors", "Ip6InNoRoutes", "Ip6OutNoRoutes",
    "Ip6InDiscards", "Ip6OutDiscards", "Ip6InHdrErrors", "Ip6InTooBigErrors",
})  # fmt: skip
REFUSALS = frozenset({"OutRsts", "NoPorts", "Udp6NoPorts"})
"""Of sockets that are not there, which no rule has made."""
RESETS = "OutRsts"
"""Counted when one is made, and also where it has no way; not those of rules: net/ipv4/tcp_ipv4.c
tcp_v4_send_reset()"""
ECHO_REPLIES = frozenset({"OutEchoReps", "Icmp6OutEchoReplies"})
"""Counted when they have a way, before the rules: net/ipv4/ip_output.c __ip_make_skb()"""
ANSWERS = ECHO_REPLIES | {RESETS}


class KernelCounters:
    """What each namespace's kernel has thrown away or answered."""

    def __init__(self) -> None:
        self._before: dict[Netns, dict[str, int]] = {}

    def grown(self, netns: Netns) -> tuple[str, ...]:
        """Return the counters that have grown since the last reading, in the namespace that the process is in."""
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
            if key in _LOST | ANSWERS:
                found[key] = int(value)
    return found


def counted(text: str) -> dict[str, int]:
    """Return the counters of ``/proc/net/snmp`` that matter: a line of names, a line of values for each protocol."""
    found: dict[str, int] = {}
    lines = text.splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        if names.startswith("UdpLite:"):
            continue  # its names are UDP's
        for key, value in zip(names.split()[1:], values.split()[1:], strict=True):
            if key in _LOST | ANSWERS:
                found[key] = int(value)
    return found
