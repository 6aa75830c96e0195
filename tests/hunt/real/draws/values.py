"""Draws of kernel parameters, of a host and of its containers."""

from collections.abc import Callable, Mapping

from tests.hunt.real.place import Place

_OF_LINK = (
    ("forwarding", "0"), ("forwarding", "0"), ("rp_filter", "1"), ("rp_filter", "2"), ("arp_ignore", "8"),
    ("arp_ignore", "1"), ("arp_filter", "1"), ("arp_announce", "2"), ("accept_local", "1"), ("route_localnet", "0"),
    ("route_localnet", "1"), ("proxy_arp", "1"), ("disable_policy", "1"), ("send_redirects", "0"),
    ("accept_redirects", "1"), ("src_valid_mark", "1"), ("drop_unicast_in_l2_multicast", "1"),
    ("promote_secondaries", "0"),
)  # fmt: skip
_OF_NAMESPACE = (
    ("ipv4/ip_forward", "0"), ("ipv4/ip_forward", "0"), ("ipv4/ip_forward", "1"), ("ipv4/ip_default_ttl", "1"),
    ("ipv4/icmp_echo_ignore_all", "1"), ("ipv4/ip_no_pmtu_disc", "1"), ("ipv4/tcp_syncookies", "0"),
    ("ipv4/fwmark_reflect", "1"), ("ipv4/ip_nonlocal_bind", "1"), ("ipv4/ip_early_demux", "0"),
    ("ipv4/tcp_timestamps", "0"), ("ipv4/fib_multipath_hash_policy", "1"), ("ipv4/tcp_mtu_probing", "1"),
    ("ipv4/ip_local_port_range", "40000 40100"), ("ipv4/tcp_ecn", "1"), ("ipv4/ip_forward_use_pmtu", "1"),
    ("ipv6/conf/all/forwarding", "0"), ("ipv6/conf/all/disable_ipv6", "1"), ("ipv6/conf/all/forwarding", "1"),
    ("bridge/bridge-nf-call-iptables", "0"), ("bridge/bridge-nf-call-iptables", "1"),
    ("bridge/bridge-nf-call-arptables", "0"), ("bridge/bridge-nf-call-ip6tables", "0"),
    ("bridge/bridge-nf-filter-vlan-tagged", "1"), ("netfilter/nf_conntrack_tcp_loose", "0"),
    ("netfilter/nf_conntrack_tcp_be_liberal", "1"), ("netfilter/nf_conntrack_checksum", "0"),
    ("netfilter/nf_conntrack_acct", "1"), ("ipv4/conf/all/rp_filter", "1"), ("ipv4/conf/all/forwarding", "0"),
    ("ipv4/conf/all/arp_ignore", "8"), ("ipv4/conf/all/arp_filter", "1"), ("ipv4/conf/all/route_localnet", "1"),
    ("ipv4/conf/default/forwarding", "0"),
)  # fmt: skip
_OF_LINK_6 = (
    ("forwarding", "0"), ("disable_ipv6", "1"), ("accept_ra", "2"), ("hop_limit", "1"), ("mtu", "1280"),
    ("accept_dad", "1"),
)  # fmt: skip


def of_link(place: Place) -> str:
    name, value = place.random.choice(_OF_LINK)
    return _written(place, f"ipv4/conf/{place.link}/{name}", value)


def of_link_6(place: Place) -> str:
    name, value = place.random.choice(_OF_LINK_6)
    return _written(place, f"ipv6/conf/{place.link}/{name}", value)


def of_namespace(place: Place) -> str:
    return _written(place, *place.random.choice(_OF_NAMESPACE))


def _written(place: Place, path: str, value: str) -> str:
    """Return the command, unless the parameter has that value already."""
    now = place.said(f"cat '/proc/sys/net/{path}'").strip()
    return f"sysctl -qw 'net/{path}={value}'" if now and now != value else ""


DRAWS: Mapping[str, Callable[[Place], str]] = {
    "sysctl of a link": of_link,
    "sysctl of a link, IPv6": of_link_6,
    "sysctl": of_namespace,
}
