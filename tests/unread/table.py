"""Which reading decides what each command says, written by hand: the key, and the commands.  What is in no row decides
nothing: a live connection's entry, the kernel's log, a release, an id."""

from typing import Literal, get_args

Teller = Literal["check", "fix", "restore", "events", "diff"]
TELLERS: tuple[Teller, ...] = get_args(Teller)
_ALL = frozenset(TELLERS)
_NOT_RESTORE = _ALL - {"restore"}
_OF_TIME: frozenset[Teller] = frozenset({"events", "diff"})
_OF_ENGINES: frozenset[Teller] = frozenset({"restore", "events", "diff"})

DECIDES: dict[str, frozenset[Teller]] = {
    "iptables-nft-save4": _ALL,
    "iptables-legacy-save4": _ALL,
    "nft-tables": _ALL,
    "nft-table": _ALL,
    "nft-table-text": _ALL,
    "nft-netdev-chains": _ALL,
    "nft-table-flags": _ALL,
    "ip-addr": _ALL,
    "ip-route4": _NOT_RESTORE,
    "ip-route6": _NOT_RESTORE,  # which addresses of IPv6 are asked
    "ip-rule4": _NOT_RESTORE,
    "ip-rule6": _NOT_RESTORE,
    "ip-neigh": _NOT_RESTORE,  # a permanent entry may be wrong
    "tc-qdisc": _NOT_RESTORE,
    "tc-filter": _NOT_RESTORE,
    "sysctl": _NOT_RESTORE,
    "docker-socket": _ALL,
    "docker-containers": _ALL,
    "docker-networks": _ALL,
    "swarm-services": _ALL,
    "podman-version": _ALL,
    "podman-containers": _ALL,
    "podman-networks": _ALL,
    "cni-networks": _OF_ENGINES,
    "namespaces": _ALL,
    "docker-version": _OF_ENGINES,
    "docker-info": _OF_ENGINES,
    "podman-info": _OF_ENGINES,
    "daemon-json": _OF_ENGINES,
    "dockerd-cmdline": _OF_ENGINES,
    "packages": frozenset({"diff"}),
    "units": _OF_TIME,
    "file": _OF_TIME,
    "boot-scripts": _OF_TIME,
    "boot-units": _OF_TIME,
}
EITHER: frozenset[str] = frozenset({
    "iptables-nft-save6", "iptables-legacy-save6",  # where a flow of IPv6 is asked, or an engine has rules of IPv6
    "ebtables", "ipset", "sockets", "bridge-link", "bridge-vlan", "bridge-fdb", "ip-nexthop", "ipvs", "wireguard",
    "xfrm-policy", "arptables-legacy", "ip-redirects",
    "socket-owners", "halted-processes", "frozen-processes", "relay-cmdlines", "netns-ids", "container-resolvers",
    "container-hosts",
    "docker-stored-containers", "docker-stored-networks", "dockerd-unit", "dockerd-boot", "dockerd-log",
    "firewalld-state", "firewalld-conf", "firewalld-zones", "firewalld-zones-permanent", "firewalld-direct",
    "ufw-conf", "ufw-default", "ufw-rules", "ufw-sysctl", "ufw-hooks", "floating-addresses", "versions",
    "container-processes", "process-parents", "process-units", "rate-limits", "tun-owners", "cloud-init",
    "docker-beside", "podman-pods", "rootless-containers", "guests", "guest-networks", "health-checks",
    "rootless-info", "quadlets", "compose-files",
    "containers-conf",
    "packet-queues", "unit-networks",
})  # fmt: skip
"""Readings that decide on some hosts: where a rule looks at a set, a port is asked, a manager runs."""


def decides(key: str, netns: str | None, teller: Teller) -> bool | None:
    """Return whether the reading decides what the command says; None: on some hosts.  ``netns`` None: it is taken from
    every namespace."""
    if teller == "restore" and netns not in (None, "", "host"):
        return False  # engines have rules in the host's own namespace
    if netns not in (None, "", "host") and key.endswith("6"):
        return None  # a container may have no flow of IPv6
    return None if key in EITHER else teller in DECIDES.get(key, frozenset())
