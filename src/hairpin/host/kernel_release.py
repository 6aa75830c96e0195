"""What kernels of different releases do differently, as far as walks ask for it.

The kernel is the one that the evidence comes from.  Where it does not say, Linux 6.18 is assumed, which the hunts have
judged most.  Later and earlier ones were judged on Debian's kernels (docs/fidelity-kernels.md).
"""

import re

from hairpin.netfilter.packet import DCCP, SCTP, TCP, UDP, UDPLITE

_ASSUMED = (6, 18)
_DCCP_UNTIL = (6, 17)
"""The first without net/netfilter/nf_conntrack_proto_dccp.c."""
_UDPLITE_UNTIL = (7, 1)
"""The first without UDP-Lite, in net/netfilter/nf_conntrack_proto_udp.c too."""

_FIB_PROTOCOL_FROM = (6, 12)
"""nft_fib_ipv4.c nft_fib4_eval() asks with the protocol from 6.16 and 6.12.34 on; which stable release an earlier 6.12
is, its name need not say."""

_ZERO_ALONE_FROM = (5, 3)
"""include/linux/in.h ipv4_is_zeronet(): all of 0.0.0.0/8 before."""
_FLOW_ESTABLISHED_FROM = (5, 15)
_FLOW_GRE_FROM, _FLOW_ANSWER_FROM, _FLOW_LINKS_FROM = (5, 18), (5, 19), (7, 0)
"""The first one came to 5.15 by a stable release; the last one: seen on 7.2, not yet on 6.12."""
_INBOUND_SLAVE_FROM = (6, 18)
_ALL_IGNORES_LINKDOWN_FROM = (5, 11)


def version_of(release: str) -> tuple[int, int]:
    """Return (major, minor) of ``6.1.0-50-amd64``."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else _ASSUMED


def tracked_ports(release: str) -> frozenset[int]:
    """Return the protocols whose ports are part of a connection's tuple there; others have addresses alone."""
    version = version_of(release)
    found = {TCP, UDP, SCTP}
    if version < _DCCP_UNTIL:
        found.add(DCCP)
    if version < _UDPLITE_UNTIL:
        found.add(UDPLITE)
    return frozenset(found)


def fib_asks_with_protocol(release: str) -> bool:
    """Return whether policy rules see the protocol where nft's ``fib`` asks for an IPv4 route there."""
    return version_of(release) >= _FIB_PROTOCOL_FROM


def is_zero4(release: str, address: int) -> bool:
    """Return whether an IPv4 address is none there: 0.0.0.0, on old kernels its whole network."""
    return (address if version_of(release) >= _ZERO_ALONE_FROM else address >> 24) == 0


def all_ignores_linkdown(release: str) -> bool:
    """Return whether ``conf.all.ignore_routes_with_linkdown`` of IPv4 counts for each link there: before, nobody asked
    for it (include/linux/inetdevice.h)."""
    return version_of(release) >= _ALL_IGNORES_LINKDOWN_FROM


def is_inbound_by_slave(release: str) -> bool:
    """Return whether ``icmp_errors_use_inbound_ifaddr`` means the link of a VRF that a packet came by there, not the
    VRF: net/ipv4/icmp.c __icmp_send()."""
    return version_of(release) >= _INBOUND_SLAVE_FROM


def flowtables_await_establishment(release: str) -> bool:
    """Return whether nft's ``flow add`` takes a TCP connection only when it is established: nft_flow_offload.c."""
    return version_of(release) >= _FLOW_ESTABLISHED_FROM


def flowtables_take_gre(release: str) -> bool:
    """Return whether nft's ``flow add`` takes GRE there, where nothing translates it: nft_flow_offload.c."""
    return version_of(release) >= _FLOW_GRE_FROM


def looks_back_as_the_answer(release: str) -> bool:
    """Return whether nft's ``flow add`` looks for a way back with all that the answer will have, not by its address
    and link alone: nft_flow_offload.c nft_flow_route()."""
    return version_of(release) >= _FLOW_ANSWER_FROM


def flowtables_ask_for_links(release: str) -> bool:
    """Return whether nft's ``flow add`` takes only what comes and leaves by links of the flowtable there."""
    return version_of(release) >= _FLOW_LINKS_FROM
