"""The world's answer to a request leaves by the wire by which the request came.

All outside machines are in one namespace, so an unmarked answer to one of them would be delivered locally and never
cross the host.  Therefore each answer carries the mark of the wire by which its request came.  Services set SO_MARK;
the kernel's echo replies copy the mark of the request (fwmark_reflect), which an ingress rule has set.

Source: net/ipv4/icmp.c icmp_reply(), net/ipv6/icmp.c icmpv6_echo_reply(): fwmark_reflect
"""

from collections.abc import Iterator

from hairpin.network.flow import Flow
from hairpin.network.prefix import Version
from hairpin.replica.plan.blueprint import Load, SysctlValue
from hairpin.replica.plan.links import Wire

SYSCTLS = (SysctlValue("net/ipv4/fwmark_reflect", "1"), SysctlValue("net/ipv6/fwmark_reflect", "1"))
ROUTER: dict[Version, str] = {4: "169.254.254.254", 6: "fe80::ffff"}
"""A next hop address that stands for the host.

A permanent neighbour entry assigns the host's hardware address to it."""
_FIRST = 1001
"""The mark, and the number of the routing table, for answers to requests that came in by the first wire."""


def table_of(number: int) -> int:
    """Return the routing table for answers to requests that came in by the wire with this number."""
    return _FIRST + number


def mark_of(number: int) -> int:
    """Return the mark of answers to requests that came in by the wire with this number."""
    return _FIRST + number


def rules(wires: tuple[Wire, ...]) -> Iterator[str]:
    """Yield the policy rules that route each marked answer to the wire of its mark."""
    for number in range(len(wires)):
        yield f"rule add priority {10 + number} fwmark {mark_of(number)} iif lo lookup {table_of(number)}"


def marking(wires: tuple[Wire, ...], flows: tuple[Flow, ...]) -> tuple[Load, ...]:
    """Return the rules that mark incoming packets with the mark of their wire.

    The result is empty if the kernel itself answers no packet.

    The kernel's echo replies need these rules.  If there are several hosts, the kernel's RSTs and ICMP errors need
    these rules, too."""
    several = len({wire.netns.host for wire in wires}) > 1
    if not several and not any(flow.protocol == "icmp" for flow in flows):
        return ()
    chains = [
        f'chain {wire.name} {{ type filter hook ingress device "{wire.name}" priority 1; '
        f"meta mark set {mark_of(number)}; }}"
        for number, wire in enumerate(wires)
    ]
    return (Load("nft", "\n".join(("table netdev replies {", *chains, "}", ""))),)
