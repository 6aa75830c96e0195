"""The neighbours that a namespace resolves, and the packets that wait for them."""

from pathlib import Path

from tests.fidelity.testbed.netns import write_sysctl

_WAITING = "65536"
"""The bytes that may wait for one neighbour: fewer than the kernel's own ICMP socket may have in flight."""


def prepare(*, asks: bool) -> None:
    """Set in the namespace entered what becomes of neighbours that are not known.  Those whom everybody reaches are
    entered; others are not asked for, which rules would count, nor given up while others are sent."""
    for family in ("ipv4", "ipv6"):
        for link in Path(f"/proc/sys/net/{family}/neigh").iterdir():
            path = f"net/{family}/neigh/{link.name}"
            write_sysctl(f"{path}/retrans_time_ms", "1000000")
            if asks:  # and it keeps the replies
                write_sysctl(f"{path}/base_reachable_time_ms", "1000000000")
                write_sysctl(f"{path}/unres_qlen_bytes", _WAITING)
            else:
                write_sysctl(f"{path}/mcast_solicit", "0")


def unsent_errors() -> int:
    """Return how many ICMP errors the kernel could not make in the namespace entered.

    The socket that they are sent by is the CPU's, all its namespaces' (from Linux 5.18 on); where too many of them wait
    for neighbours who do not answer, others' as well, it makes no more.  Source: net/ipv4/icmp.c icmp_push_reply(),
    icmp_init() (sk_sndbuf); net/ipv6/icmp.c icmp6_send()
    """
    names, values = (
        line.split()
        for line in Path("/proc/thread-self/net/snmp").read_text("ascii").splitlines()
        if line.startswith("Icmp:")
    )
    six = (line.split() for line in Path("/proc/thread-self/net/snmp6").read_text("ascii").splitlines())
    return int(values[names.index("OutErrors")]) + sum(int(value) for name, value in six if name == "Icmp6OutErrors")
