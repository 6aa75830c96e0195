"""Kernel settings that dockerd changes in addition to its rules: sysctls and FORWARD's policy."""

from collections.abc import Iterator

from hairpin.engines.docker.history import History
from hairpin.engines.docker.options import Daemon, Version
from hairpin.engines.expected import ExpectedPolicy, ExpectedSysctl
from hairpin.netfilter.rule_address import IpFamily

WITHOUT_PROXY_TOO: Version = (27, 4, 0)
"""From this version on, a network needs bridge-nf-call-iptables not only for icc=false, but also without
docker-proxy."""
POLICY_BY_FORWARDING: Version = (28, 0, 0)
"""From this version on, dockerd sets FORWARD's IPv6 policy only if dockerd had to switch IPv6 forwarding on, as for
IPv4."""


def sysctls_of(daemon: Daemon, history: History) -> Iterator[ExpectedSysctl]:
    """Yield the sysctl values that dockerd writes.  With its nftables back end, dockerd requires these values and does
    not write them.

    Source: libnetwork drivers/bridge setup_ip_forwarding, setup_ipv6, setup_ipv4 (setupLoopbackAddressesRouting),
    setup_bridgenetfiltering.
    """
    if daemon.ip_forward:
        yield ExpectedSysctl(("net", "ipv4", "ip_forward"), "1")
        if any(bridge.ip6 is not None for bridge in history.bridges):
            yield ExpectedSysctl(("net", "ipv6", "conf", "default", "forwarding"), "1")
            yield ExpectedSysctl(("net", "ipv6", "conf", "all", "forwarding"), "1")
    for bridge in history.bridges:
        if daemon.hairpin:
            yield ExpectedSysctl(("net", "ipv4", "conf", bridge.device, "route_localnet"), "1", bridge.name)
        if not bridge.icc or (daemon.hairpin and daemon.version >= WITHOUT_PROXY_TOO):
            if daemon.ipv4:
                yield ExpectedSysctl(("net", "bridge", "bridge-nf-call-iptables"), "1", bridge.name)
            if daemon.ipv6 and bridge.ip6 is not None:
                yield ExpectedSysctl(("net", "bridge", "bridge-nf-call-ip6tables"), "1", bridge.name)


def policies_of(daemon: Daemon, history: History) -> Iterator[ExpectedPolicy]:
    """Yield the policy DROP of FORWARD for each family.  For IPv4, dockerd sets this policy only if ``ip_forward`` was
    0 at its start.

    Source: libnetwork drivers/bridge setup_ip_forwarding."""
    if not daemon.ip_forward or not daemon.forward_drop or daemon.backend == "nftables":
        return
    families: tuple[tuple[IpFamily, bool], ...] = (("ip", daemon.ipv4), ("ip6", daemon.ipv6))
    for family, managed in families:
        always = family == "ip6" and daemon.version < POLICY_BY_FORWARDING
        used = always or any(bridge.side(family) is not None for bridge in history.bridges)
        if managed and used:
            yield ExpectedPolicy(family, "filter", "FORWARD", "drop", certain=always)
