"""Differences between kernel releases on which walks depend.

The evidence names the kernel.  If the evidence names none, Linux 6.18 is assumed, because most hunts ran on this
kernel.
Differences since 5.10 were judged by hunts on Debian's kernels.  Older differences are known only from the kernel's
source and are *not judged* (docs/reference/fidelity-kernels.md lists them from this module).
"""

import re
from enum import Enum
from functools import lru_cache

import msgspec

from hairpin.netfilter.packet import DCCP, SCTP, TCP, UDP, UDPLITE

Version = tuple[int, int]
_ASSUMED = (6, 18)
_RED_HAT = {"el7": (3, 10), "el8": (4, 18)}
"""The kernel releases of Red Hat's systems.  Red Hat backports changes to these kernels; other kernels that are built
for the same systems do not have these changes."""
_JUDGED_FROM = (5, 10)
"""The oldest kernel release on which hunts have judged the walk."""


class Since(msgspec.Struct, frozen=True):
    """The first kernel release with a change, and what older kernels do (``before``).  ``source``: the place in the
    kernel's source that shows the old and the new behaviour.

    ``also``: older kernels that have the change.  Such kernels are a series such as ``5.4``, in which a stable release
    brought the change (the kernel's name may not show which release), or Red Hat's 3.10.0-1160 (``el7``) and 4.18.0-240
    (``el8``).
    """

    release: Version
    before: str
    source: str
    also: tuple[str, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether a hunt has judged a kernel that does not have the change."""
        return self.release > _JUDGED_FROM and "{}.{}".format(*_JUDGED_FROM) not in self.also


class Novelty(Enum):
    """Changes of the kernel that a walk depends on."""

    FORWARDS_BY_LINK4 = Since(
        (3, 14),
        "A forwarded IPv4 packet has to fit the MTU of its route.",
        "include/net/ip.h ip_dst_mtu_maybe_forward()",
        also=("el7",),
    )
    FORWARDS_BY_LINK6 = Since(
        (3, 14),
        "A forwarded IPv6 packet has to fit the MTU of its route.",
        "net/ipv6/ip6_output.c ip6_dst_mtu_forward()",
    )
    FORWARDS_BY_ROUTE4 = Since(
        (5, 9),
        "A forwarded IPv4 packet has to fit its link, not the MTU of its route, unless `ip_forward_use_pmtu` is set.",
        "include/net/ip.h ip_dst_mtu_maybe_forward()",
        also=("4.4", "4.9", "4.14", "4.19", "5.4", "5.8"),
    )
    OWN_SOURCES_REFUSED = Since(
        (3, 18),  # a stable release of the series 3.18 brought the change
        "Without `rp_filter` a packet from an address of the host's own is taken in; what goes back out of its link "
        "(with `send_redirects`) is not.",
        "net/ipv4/fib_frontend.c fib_validate_source()",
    )
    TABLES_ARE_ONE = Since(
        (4, 1),
        "IPv4 always asks the table local before main, whose longer prefixes do not go before it.",
        "net/ipv4/fib_trie.c fib_trie_table()",
        also=("el7",),
    )
    LATER_CHAINS_FIRST = Since(
        (4, 14),
        "Of chains of one priority the one that was registered first goes first, not last.",
        "net/netfilter/core.c nf_hook_entries_grow()",
    )
    SOURCES_SELDOM_LOOKED_UP = Since(
        (4, 15),
        "From 3.18 on, a route to a packet's source is looked up without `rp_filter`, too (unless `accept_local` is "
        "set): where one of another type than unicast is found, the packet is dropped.",
        "net/ipv4/fib_frontend.c fib_validate_source()",
    )
    RPFILTER6_BEST_ROUTE = Since(
        (4, 18),
        "`-m rpfilter` of ip6tables takes any route by the link that a packet came by, not only the best one.",
        "net/ipv6/netfilter/ip6t_rpfilter.c rpfilter_lookup_reverse6()",
        also=("4.14", "4.16", "4.17"),
    )
    NAT_AT_EVERY_HOOK = Since(
        (4, 18),
        "Addresses are translated, and answers back, only at hooks that have a chain of type nat, at its priority; of "
        "several at one hook the first one alone is asked.",
        "net/netfilter/nf_nat_core.c nf_nat_register_fn()",
    )
    ERRORS_BY_OUTER_ADDRESS = Since(
        (5, 1),
        "An ICMP error about a connection's packet is RELATED to whomever it goes, not only to who sent that.",
        "net/netfilter/nf_conntrack_proto_icmp.c nf_conntrack_inet_error()",
    )
    REJECT_KNOWS_CHECKSUMS = Since(
        (5, 1),
        "REJECT answers no packet of AH, ESP, GRE, SCTP or UDP-Lite that came by a wire: it looks for a checksum that "
        "they do not have (3.18 did not look yet, CentOS 7's 3.10 does).",
        "net/ipv4/netfilter/nf_reject_ipv4.c nf_send_unreach()",
    )
    ZERO_ALONE = Since(
        (5, 3), "All of 0.0.0.0/8 is no address, not 0.0.0.0 alone.", "include/linux/in.h ipv4_is_zeronet()"
    )
    BRIDGE_NF_OF_NAMESPACE = Since(
        (5, 3),
        "`net.bridge.bridge-nf-*` are the host's alone, and hold for the bridges of every namespace.",
        "net/bridge/br_netfilter_hooks.c brnf_sysctl_start_net()",
    )
    INBOUND_ADDRESS_NEAR_SENDER = Since(
        (5, 5),
        "`icmp_errors_use_inbound_ifaddr` means the first address of the link, not the one in the sender's network.",
        "net/ipv4/icmp.c __icmp_send()",
    )
    ERRORS6_BY_INBOUND_LINK = Since(
        (5, 5),
        "An ICMPv6 error about a packet for somebody else comes from an address by the route back, not from one of the "
        "link that the packet came by.",
        "net/ipv6/icmp.c icmp6_send()",
    )
    LINK_OF_ENTRY_AT_POSTROUTING = Since(
        (5, 7),
        "POSTROUTING sees no link by which a packet came in: a rule that asks for one (`-i`, `iifname`) never matches.",
        "net/ipv4/ip_output.c ip_output(), net/ipv6/ip6_output.c ip6_output()",
    )
    ALL_IGNORES_LINKDOWN = Since(
        (5, 11),
        "`conf.all.ignore_routes_with_linkdown` of IPv4 means nothing for a link.",
        "include/linux/inetdevice.h IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN",
    )
    DUMMY_SOURCE4 = Since(
        (5, 13),
        "A host without an IPv4 address sends its ICMP errors from 0.0.0.0, which nobody takes, not from 192.0.0.8.",
        "net/ipv4/icmp.c __icmp_send()",
        also=("4.4", "4.9", "4.14", "4.19", "5.4", "5.10"),
    )
    FLOWTABLES_AWAIT_ESTABLISHMENT = Since(
        (5, 15),  # a stable release of the series 5.15 brought the change
        "`flow add` takes a TCP connection that is not yet established.",
        "net/netfilter/nft_flow_offload.c nft_flow_offload_eval()",
    )
    FLOWTABLES_TAKE_GRE = Since(
        (5, 18),
        "`flow add` takes no GRE, also where nothing translates it.",
        "net/netfilter/nft_flow_offload.c nft_flow_offload_eval()",
    )
    LOOKS_BACK_AS_THE_ANSWER = Since(
        (5, 19),
        "`flow add` looks for a way back by address and link alone, not with all that the answer will have.",
        "net/netfilter/nft_flow_offload.c nft_flow_route()",
    )
    RESETS_CLOSE = Since(
        (6, 3),
        "A reset by which REJECT answers a packet does not close the packet's connection.",
        "net/netfilter/nf_conntrack_proto_tcp.c nf_conntrack_tcp_set_closing()",
        also=("5.15", "6.1"),
    )
    BRIDGED_FORWARD_AT_0 = Since(
        (6, 8),  # measured: 6.12 has the change, 6.1 does not
        "FORWARD sees bridged packets (br_netfilter) before the bridge family's chains of priority 0, not behind them.",
        "net/bridge/br_netfilter_hooks.c br_nf_ops",
    )
    FIB_ASKS_WITH_PROTOCOL = Since(
        (6, 12),  # since 6.12.34 and 6.16; the name of a 6.12 kernel may not show its stable release
        "Policy rules do not see the protocol where nft's `fib` asks for an IPv4 route.",
        "net/ipv4/netfilter/nft_fib_ipv4.c nft_fib4_eval()",
    )
    RULES_NAME_VRFS = Since(
        (6, 15),
        "Policy rules with `iif` or `oif` see the link in a VRF alone, so that they cannot name the VRF (before 5.18 "
        "the VRF alone, which is not modelled).",
        "net/core/fib_rules.c fib_rule_iif_match(), fib_rule_oif_match()",
    )
    DCCP_HAS_NO_PORTS = Since(
        (6, 17), "Connections of DCCP have ports.", "net/netfilter/nf_conntrack_proto_dccp.c, which is gone"
    )
    INBOUND_BY_SLAVE = Since(
        (6, 18),
        "`icmp_errors_use_inbound_ifaddr` means the VRF that a packet came by, not the link in it.",
        "net/ipv4/icmp.c __icmp_send()",
    )
    FLOWTABLES_ASK_FOR_LINKS = Since(
        (7, 0),  # measured: 7.2 has the change, 6.12 does not
        "`flow add` takes also what does not come and leave by links of the flowtable.",
        "net/netfilter/nft_flow_offload.c nft_flow_offload_eval()",
    )
    UDPLITE_HAS_NO_PORTS = Since(
        (7, 1), "Connections of UDP-Lite have ports.", "net/netfilter/nf_conntrack_proto_udp.c, where it is gone"
    )

    def known_to(self, release: str) -> bool:
        """Return whether a kernel of this release (``uname -r``) has the change."""
        return self in _known_to(release)


def not_judged() -> tuple[Since, ...]:
    """Return the changes for which no hunt has judged a kernel without the change, oldest first."""
    return tuple(sorted((each.value for each in Novelty if not each.value.judged), key=lambda each: each.release))


@lru_cache(maxsize=64)
def _known_to(release: str) -> frozenset[Novelty]:
    version, series = kernel_version(release), _series_of(release)
    return frozenset(each for each in Novelty if version >= each.value.release or series in each.value.also)


@lru_cache(maxsize=64)
def kernel_version(release: str) -> Version:
    """Return the major and minor number of a release such as ``6.1.0-50-amd64``."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else _ASSUMED


@lru_cache(maxsize=64)
def _series_of(release: str) -> str:
    """Return the series of a release: ``el7`` for ``3.10.0-1160.el7.x86_64``, ``5.4`` for ``5.4.0-150-generic`` and for
    ``5.4.278-1.el7.elrepo``."""
    version = kernel_version(release)
    kept = (name for name, own in _RED_HAT.items() if own == version and f".{name}" in release)
    return next(kept, "{}.{}".format(*version))


def tracked_ports(release: str) -> frozenset[int]:
    """Return the protocols whose conntrack tuples have ports on this kernel; the tuples of other protocols have only
    addresses."""
    found = {TCP, UDP, SCTP}
    if not Novelty.DCCP_HAS_NO_PORTS.known_to(release):
        found.add(DCCP)
    if not Novelty.UDPLITE_HAS_NO_PORTS.known_to(release):
        found.add(UDPLITE)
    return frozenset(found)


def is_zero4(release: str, address: int) -> bool:
    """Return whether the kernel treats an IPv4 address as unspecified: only 0.0.0.0, or on old kernels every address of
    0.0.0.0/8."""
    return (address if Novelty.ZERO_ALONE.known_to(release) else address >> 24) == 0
