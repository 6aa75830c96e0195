"""Answers out there go back by the wire that the question came by.

Without a mark they would go to a client that is in the world as well without coming by the host again: a socket that is
bound to its wire finds that client there, too, where it has an address on that very link.  Sockets mark what they
send; for the kernel's own echo replies what comes in bears the wire's mark, which they bear, too.

Source: net/ipv4/icmp.c icmp_reply(), net/ipv6/icmp.c icmpv6_echo_reply(): fwmark_reflect
"""

from collections.abc import Iterator

from hairpin.network.flow import Flow
from hairpin.replica.plan.blueprint import Load, SysctlValue
from hairpin.replica.plan.links import Wire

SYSCTLS = (SysctlValue("net/ipv4/fwmark_reflect", "1"), SysctlValue("net/ipv6/fwmark_reflect", "1"))
_FIRST = 1001
"""Mark and routing table of what came in by the first wire."""


def table_of(number: int) -> int:
    """Return the table of routes for answers to what came in by the wire of that number."""
    return _FIRST + number


def mark_of(number: int) -> int:
    """Return the mark of such answers."""
    return _FIRST + number


def rules(wires: tuple[Wire, ...]) -> Iterator[str]:
    """Yield the policy rules by which marked answers find their wire."""
    for number in range(len(wires)):
        yield f"rule add priority {10 + number} fwmark {mark_of(number)} iif lo lookup {table_of(number)}"


def marking(wires: tuple[Wire, ...], flows: tuple[Flow, ...]) -> tuple[Load, ...]:
    """Return the rules that mark incoming packets with their wire; none where the kernel answers nothing itself.

    The kernel's echo replies need them, and with several hosts its resets and ICMP errors, too."""
    several = len({wire.netns.host for wire in wires}) > 1
    if not several and not any(flow.protocol == "icmp" for flow in flows):
        return ()
    chains = [
        f'chain {wire.name} {{ type filter hook ingress device "{wire.name}" priority 1; '
        f"meta mark set {mark_of(number)}; }}"
        for number, wire in enumerate(wires)
    ]
    return (Load("nft", "\n".join(("table netdev replies {", *chains, "}", ""))),)
