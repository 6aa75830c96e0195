"""The values under /proc/sys/net of one namespace, and the sysctls that hairpin knows by name: one row a sysctl."""

from typing import Literal

import msgspec

from hairpin.kept import kept

Path = tuple[str, ...]
"""The parts of a sysctl's path, such as ``("net", "ipv4", "conf", "eth0.100", "forwarding")``: the path is a tuple
because names of interfaces may contain dots."""


class Sysctls(msgspec.Struct, frozen=True, dict=True):
    """The values of sysctls by path.  A path that is missing was not in the readings."""

    values: dict[Path, str]
    evidence: str = ""

    def text(self, *path: str) -> str | None:
        """Return the value as it was read; None if it was not read."""
        return self.values.get(path)

    def number(self, *path: str) -> int | None:
        """Return the value as a number, or None if it is absent or not a number."""
        text = self.values.get(path)
        if text is None or not text.lstrip("-").isdigit():
            return None
        return int(text)

    def with_value(self, path: Path, value: str) -> "Sysctls":
        """Return a copy in which the sysctl has this value."""
        return msgspec.structs.replace(self, values={**self.values, path: value})

    def without_links(self, names: frozenset[str]) -> "Sysctls":
        """Return the values without the values of the links ``names``; the same object if these links have no values.
        The sysctls of bridge ports, which engines make and delete, are not read.  Therefore bridge ports have no
        values."""
        if names.isdisjoint(_links(self)):
            return self
        values = {path: value for path, value in self.values.items() if _link_of(path) not in names}
        return msgspec.structs.replace(self, values=values)


@kept
def _links(sysctls: Sysctls) -> frozenset[str]:
    """Return the names of the links that have values of their own."""
    return frozenset(map(_link_of, sysctls.values))


def _link_of(path: Path) -> str:
    """Return the link whose own value the path names, such as ``eth0`` in ``net.ipv4.neigh.eth0.gc_stale_time``; empty
    if the path names no link."""
    return path[3] if len(path) > 3 and path[0] == "net" and path[2] in ("conf", "neigh") else ""


def dotted(path: Path) -> str:
    """Return the path as sysctl(8) takes it: dots inside a part become slashes
    (``net.ipv4.conf.eth0/100.forwarding``)."""
    return ".".join(part.replace(".", "/") for part in path)


class KnownSysctl(msgspec.Struct, frozen=True):
    """A sysctl by its name.  ``path``: below net/, with ``*`` for a link.

    ``boot``: the kernel's value at boot; None if the sysctl is assumed to keep its value.  ``inside``: whether it is
    read in the namespaces of containers, too.  ``replica``: whether a replica sets it.  If a replica fails to set a
    sysctl that it ``must`` set, the report says so; most verdicts hold without those that it sets ``also``.
    ``silent``: whether it decides about packets on every kernel, and no other output shows its effect."""

    path: str
    boot: str | None = None
    replica: Literal["must", "also", "never"] = "also"
    inside: bool = True
    silent: bool = False

    @property
    def key(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def family(self) -> str:
        """The IP version of a sysctl of a link, ``ipv4`` or ``ipv6``; empty for any other sysctl."""
        return self.path.partition("/conf/*/")[0] if "*" in self.path else ""


def _rows(
    paths: str, boot: str | None = None, replica: Literal["must", "also", "never"] = "also", **facts: bool
) -> tuple[KnownSysctl, ...]:
    return tuple(KnownSysctl(each, boot, replica, **facts) for each in paths.split())


SYSCTLS: tuple[KnownSysctl, ...] = (
    *_rows(
        "ipv4/ip_forward ipv4/conf/*/forwarding ipv6/conf/*/forwarding ipv4/conf/*/rp_filter "
        "ipv4/conf/*/route_localnet ipv4/conf/*/src_valid_mark ipv4/conf/*/arp_ignore ipv4/conf/*/arp_filter",
        "0", "must", silent=True,
    ),
    *_rows("ipv4/tcp_fwmark_accept", silent=True),
    *_rows(
        "ipv4/conf/*/accept_local ipv4/conf/*/arp_announce ipv4/conf/*/proxy_arp ipv6/conf/*/disable_ipv6", "0", "must"
    ),
    *_rows(
        "ipv4/conf/*/ignore_routes_with_linkdown ipv6/conf/*/ignore_routes_with_linkdown ipv4/ip_nonlocal_bind "
        "ipv6/ip_nonlocal_bind ipv6/bindv6only ipv4/fwmark_reflect ipv6/fwmark_reflect "
        "netfilter/nf_conntrack_tcp_loose",
        replica="must",
    ),
    *_rows("bridge/bridge-nf-call-arptables", "1"),
    *_rows("bridge/bridge-nf-call-iptables bridge/bridge-nf-call-ip6tables", "1", "must"),
    *_rows(
        "bridge/bridge-nf-filter-vlan-tagged bridge/bridge-nf-filter-pppoe-tagged "
        "bridge/bridge-nf-pass-vlan-input-dev ipv6/conf/*/proxy_ndp", "0",
    ),
    *_rows("ipv4/conf/*/accept_redirects", "1"),
    *_rows(
        "ipv6/conf/*/accept_redirects ipv4/conf/*/send_redirects ipv4/conf/*/proxy_arp_pvlan "
        "ipv4/conf/*/disable_policy ipv6/conf/*/disable_policy ipv4/conf/*/disable_xfrm "
        "ipv4/conf/*/promote_secondaries ipv4/conf/*/bc_forwarding ipv6/conf/*/hop_limit ipv6/conf/*/force_forwarding "
        "ipv6/conf/*/use_oif_addrs_only ipv4/tcp_mtu_probing netfilter/nf_conntrack_checksum"
    ),
    *_rows(
        "ipv4/conf/*/secure_redirects ipv4/conf/*/shared_media ipv4/conf/*/accept_source_route "
        "ipv6/conf/*/accept_source_route ipv4/conf/*/medium_id "
        "ipv4/conf/*/drop_unicast_in_l2_multicast ipv6/conf/*/drop_unicast_in_l2_multicast ipv4/conf/*/arp_accept "
        "ipv4/conf/*/drop_gratuitous_arp ipv6/conf/*/seg6_enabled ipv6/conf/*/rpl_seg_enabled", inside=False,
    ),
    *_rows(
        "ipv6/conf/*/use_tempaddr ipv6/conf/*/mtu netfilter/nf_conntrack_count netfilter/nf_conntrack_max",
        replica="never",
    ),
    *_rows("netfilter/nf_conntrack_buckets netfilter/nf_conntrack_expect_max", replica="never", inside=False),
)  # fmt: skip
"""The rows of sysctls with equal facts stand together.  The order is that in which br_netfilter's sysctls are set.

Source: Documentation/networking/ip-sysctl.rst, net/bridge/br_netfilter_hooks.c br_netfilter_sysctl_default()"""
_KNOWN = {tuple(each.path.split("/")): each for each in SYSCTLS}


def known_sysctl(path: Path) -> KnownSysctl | None:
    """Return the row of the sysctl; None if hairpin does not know it by its name."""
    return _KNOWN.get((*path[1:3], "*", *path[4:]) if path[2:3] == ("conf",) else path[1:])
