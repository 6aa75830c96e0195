"""The values under /proc/sys that belong to a namespace.

A new link copies the values of ``default``, so ``all`` and ``default`` are written before the links are made.  For each
link, only the values that differ from ``default`` are written.
"""

from collections.abc import Iterator
from itertools import groupby

from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.host.sysctl import SYSCTLS, Path, known_sysctl
from hairpin.network.flow import Flow
from hairpin.network.network import Network, bridge_nf
from hairpin.replica.plan.blueprint import SysctlValue

_UNLESS_SAID = tuple(
    ("/".join(("net", each.path.replace("*", which))), each.boot)
    for each in SYSCTLS
    for which in ("all", "default")
    if each.family and each.boot is not None and each.replica == "must"
)
"""The values that are used if a sysctl was not read: the kernel's defaults.

Without these values, a new namespace would copy this machine's values (net.core.devconf_inherit_init_net)."""
_QUIET = (
    ("net/ipv6/conf/default/accept_dad", "0"), ("net/ipv6/conf/default/dad_transmits", "0"),
    ("net/ipv6/conf/default/router_solicitations", "0"), ("net/ipv6/conf/default/accept_ra", "0"),
    ("net/ipv6/conf/default/use_tempaddr", "0"), ("net/ipv4/tcp_synack_retries", "0"),
    ("net/ipv4/neigh/default/proxy_delay", "0"),
)  # fmt: skip
"""Values with which the kernel sends no packets by itself, retransmits no SYN-ACK, and answers at once as a proxy for
ARP.  If the kernel sends nothing by itself, counters count only the flow's packets."""
_UNLIMITED = ((("net", "ipv4", "icmp_ratemask"), "0"), (("net", "ipv6", "icmp", "ratelimit"), "0"))
"""Values that switch the rate limits of ICMP errors off, whatever values the host has.

Otherwise an error about one flow could suppress the error about the next flow.  For IPv4 the value is the rate mask,
because a rate of 0 would also stop the errors of net/ipv4/route.c ip_error().

Source: net/ipv4/icmp.c icmpv4_mask_allow(), icmpv4_xrlim_allow(), net/ipv4/inetpeer.c inet_peer_xrlim_allow()"""
_LAST_PORT = 65535
_BRIDGE_NF = tuple(each.key for each in SYSCTLS if each.key.startswith("bridge-nf-call-"))


def before_links(network: Network, netns: Netns) -> tuple[SysctlValue, ...]:
    """Return the sysctls that belong to no link, in the order in which they have to be written.

    ``ip_forward`` and ``all.forwarding`` come first, because writing them overwrites other sysctls
    (net/ipv4/devinet.c)."""
    found = [
        (path, value)
        for path, value in network.namespace(netns).sysctls.values.items()
        if _interface(path) in (None, "all", "default") and _wanted(path)
    ]
    if not any(path[:2] == ("net", "bridge") for path, _ in found):
        # Without br_netfilter on the host, no IP rule sees bridged frames.  On old kernels the sysctl of the host's
        # namespace applies to all namespaces.
        found += [(("net", "bridge", name), str(bridge_nf(network, netns, name) or 0)) for name in _BRIDGE_NF]
    found = [(path, value) for path, value in found if path not in dict(_UNLIMITED)] + list(_UNLIMITED)
    found.sort(key=lambda item: (item[0][-1] not in ("ip_forward", "forwarding"), _interface(item[0]) != "all"))
    said = {"/".join(path) for path, _ in found}
    quiet = tuple(SysctlValue(path, value) for path, value in (*_UNLESS_SAID, *_QUIET) if path not in said)
    return (*quiet, *(_value(path, value) for path, value in found))


def reserved_ports(flows: tuple[Flow, ...]) -> SysctlValue:
    """Return the sysctl that keeps a relay's connections from using the flows' source ports, and the next higher ports,
    which repeated attempts use.  After a connection has ended, the kernel blocks the connection's port for a minute.

    Source: Documentation/networking/ip-sysctl.rst ip_local_reserved_ports"""
    sources = {flow.sport for flow in flows if flow.protocol != "icmp"}
    ports = sorted({port for source in sources for port in (source, source + 1) if port <= _LAST_PORT})
    runs = (tuple(run) for _, run in groupby(enumerate(ports), lambda each: each[1] - each[0]))
    value = ",".join(f"{run[0][1]}-{run[-1][1]}" for run in runs)
    return SysctlValue("net/ipv4/ip_local_reserved_ports", value)


def of_links(namespace: Namespace) -> tuple[SysctlValue, ...]:
    """Return the sysctls of links whose values differ from the values of a new link."""
    values = namespace.sysctls.values
    return tuple(_value(path, value) for path, value in _of_links(namespace, values))


def _of_links(namespace: Namespace, values: dict[Path, str]) -> Iterator[tuple[Path, str]]:
    names = {link.name for link in namespace.links}
    for path, value in values.items():
        if path[2] == "neigh" and path[-1] == "mcast_solicit" and value == "0" and path[3] in names:
            yield path, value
        link = _interface(path)
        if link is None or link in ("all", "default") or link not in names or not _wanted(path):
            continue
        if link == "lo" or values.get((*path[:3], "default", path[4])) != value:
            yield path, value


def _interface(path: Path) -> str | None:
    """Return the link in a path such as ``net/ipv4/conf/LINK/key``; None for any other path."""
    return path[3] if len(path) == 5 and path[2] == "conf" else None


def _wanted(path: Path) -> bool:
    """Return whether a replica sets the sysctl.  The sysctls of a link's timers and of router discovery, which have no
    row, cannot affect a packet."""
    row = known_sysctl(path)
    if row is not None or _interface(path) is not None:
        return row is not None and row.replica != "never"
    return path[1] != "core" and not {"neigh", "route", "conf"} & set(path)


def _value(path: Path, value: str) -> SysctlValue:
    # Without br_netfilter the value 0 need not be set.
    off_already = path[:2] == ("net", "bridge") and value == "0"
    row = known_sysctl(path)
    return SysctlValue("/".join(path), value, row is not None and row.replica == "must" and not off_already)
