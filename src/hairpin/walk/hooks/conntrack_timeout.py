"""How long a conntrack entry waits for its next packet, by protocol and state.

Source: Documentation/networking/nf_conntrack-sysctl.rst
"""

from functools import cache

from hairpin.host.host import Namespace
from hairpin.host.sysctl import Path
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, UDPLITE, Connection, TcpState

DEFAULTS_S = {
    "tcp_timeout_syn_sent": 120, "tcp_timeout_syn_recv": 60, "tcp_timeout_established": 432000,
    "tcp_timeout_fin_wait": 120, "tcp_timeout_close_wait": 60, "tcp_timeout_last_ack": 30, "tcp_timeout_time_wait": 120,
    "tcp_timeout_close": 10, "tcp_timeout_max_retrans": 300, "tcp_timeout_unacknowledged": 300, "udp_timeout": 30,
    "udp_timeout_stream": 120, "icmp_timeout": 30, "icmpv6_timeout": 30, "generic_timeout": 600,
}  # fmt: skip
"""The kernel's timeouts in seconds.  Source: net/netfilter/nf_conntrack_proto_*.c"""
_FURTHER = {"SYN_SENT": ("tcp_timeout_max_retrans",), "ESTABLISHED": ("tcp_timeout_unacknowledged",)}
_BY_PROTOCOL = {UDP: "udp_timeout", UDPLITE: "udp_timeout", ICMP: "icmp_timeout", ICMP6: "icmpv6_timeout"}


def path_of(key: str) -> Path:
    """Return the sysctl that sets the timeout."""
    return ("net", "netfilter", f"nf_conntrack_{key}")


def has_no_time(namespace: Namespace, connection: Connection) -> bool:
    """Return whether a timeout of the entry is 0 in the namespace.  An entry with a timeout of 0 is over before its
    next packet."""
    state = connection.tcp.state if connection.tcp is not None else None
    return any(namespace.sysctl(*each) == 0 for each in _paths(connection.original.protocol, state))


@cache
def _paths(protocol: int, state: TcpState | None) -> tuple[Path, ...]:
    """Return the sysctls whose smallest value is the time for which an entry waits for its next packet.

    A UDP entry has the longer timeout of a stream only two seconds after its first packet: nf_conntrack_udp_packet().
    In SYN_SENT no window was seen yet, so ``tcp_timeout_max_retrans`` limits the timeout.  In ESTABLISHED, data is at
    first unacknowledged, so ``tcp_timeout_unacknowledged`` limits it: nf_conntrack_tcp_packet()."""
    if state is None:
        return (path_of(_stateless_key(protocol)),)
    keys = (f"tcp_timeout_{state.lower()}", *_FURTHER.get(state, ()))
    return tuple(path_of(each) for each in keys if each in DEFAULTS_S)


def _stateless_key(protocol: int) -> str:
    return _BY_PROTOCOL.get(protocol, "generic_timeout")


def zero_timeouts(namespace: Namespace, protocol: int) -> tuple[str, ...]:
    """Return the keys of the timeouts of 0 that concern connections of the protocol."""
    of_tcp = (each for each in DEFAULTS_S if each.startswith("tcp_"))
    keys = of_tcp if protocol == TCP else (_stateless_key(protocol),)
    return tuple(each for each in keys if namespace.sysctl(*path_of(each)) == 0)
