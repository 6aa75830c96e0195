"""Signs of what the kernel says of a host's network."""

import os
import re
import sys
from _socket import AF_INET, AF_INET6, if_nameindex
from collections.abc import Callable

from hairpin.collect.netlink.channel import NETFILTER, ROUTE, SOCKETS, Channel, attribute, attributes
from hairpin.collect.netlink.insides import listed_sockets
from hairpin.guard.warm.files import data_of_file, module_names, text_of_file
from hairpin.guard.warm.parts import KnownReadings, Sign

_GET_NEIGHBOUR = 30
_BRIDGE = 7
_CHANGING = frozenset((3, 4))
"""NDA_CACHEINFO, NDA_PROBES"""
_HEARD = 0x02 | 0x04 | 0x08 | 0x10
"""NUD_REACHABLE, NUD_STALE, NUD_DELAY and NUD_PROBE, between which the kernel changes by itself."""


def _links(known: KnownReadings) -> Sign | None:
    if known.has("links", "wireguard", "tun-owners", "ip-redirects"):
        return None  # peers, owners and redirects change, and nothing tells
    with Channel(ROUTE) as route:
        return tuple(
            sorted(
                _neighbour(each)
                for family in (0, _BRIDGE)
                for each in route.dump(_GET_NEIGHBOUR, bytes((family,)) + bytes(11))
            )
        )


def _neighbour(message: bytes) -> tuple[object, ...]:
    """Return what stays of a neighbour or a forwarding entry while it is heard."""
    state = int.from_bytes(message[8:10], sys.byteorder)
    tags = attributes(message, 12)
    kept = tuple(sorted((kind, value) for kind, value in tags.items() if kind not in _CHANGING))
    return message[:8], _HEARD if state & _HEARD else state, message[10:12], kept


_BY_USE = re.compile(
    r"\blimit\b|\bquota\b|connlimit|-m recent|hashlimit|-m statistic|\bct count\b|\bmeter\b|dynamic|timeout"
    r"|-m (time|quota2|nfacct)\b|\bmeta (time|hour|day)\b|\blast\b|\bnumgen\b"
)
"""Words of rules that count, or whose sets packets fill."""
_LEGACY = ("/proc/net/ip_tables_names", "/proc/net/ip6_tables_names", "/proc/net/arp_tables_names")


def _rules(known: KnownReadings) -> Sign | None:
    """The kernel tells of each transaction of nftables.  It tells nothing of iptables-legacy, nor of sets that packets
    fill."""
    if any(text_of_file(each) for each in _LEGACY):
        return None
    if any(_BY_USE.search(each.text) for each in known.readings.get("rules", ())):
        return None
    return ()


_LIST_SETS = 6 << 8 | 7
"""NFNL_SUBSYS_IPSET, IPSET_CMD_LIST"""
_PROTOCOL, _FLAGS, _NAMES_ONLY = 1, 6, 2
"""IPSET_ATTR_PROTOCOL, IPSET_ATTR_FLAGS, IPSET_FLAG_LIST_SETNAME"""


def _sets(known: KnownReadings) -> Sign | None:
    if known.text("sets", "ipset"):
        return None  # nothing tells of their elements
    if not known.has("sets", "ipset"):
        return os.path.exists("/sys/module/ip_set"), module_names()
    asked = attribute(_PROTOCOL, b"\6") + attribute(_FLAGS | 0x4000, _NAMES_ONLY.to_bytes(4, "big"))
    with Channel(NETFILTER) as sets:
        return tuple(sets.dump(_LIST_SETS, bytes(4) + asked))


def _sysctls(known: KnownReadings) -> Sign | None:
    lines = known.text("sysctls", "sysctl").splitlines()
    paths = [line.partition(":")[0] for line in lines if line.startswith("/proc/sys/net/")]
    folders = tuple(
        tuple(sorted(os.listdir(f"/proc/sys/net/{each}"))) for each in ("", "ipv4", "ipv6", "ipv4/conf", "ipv6/conf")
    )
    further = tuple(
        tuple(sorted(os.listdir(each)))
        for each in ("/proc/sys/net/bridge", "/proc/sys/net/netfilter")
        if os.path.isdir(each)
    )
    if not paths:
        return None
    return folders, further, tuple(map(data_of_file, paths))


_GET_CONNECTION = 1 << 8 | 1
"""NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET"""
_OF_CONNECTION = frozenset((1, 2, 3, 4, 5, 6, 8, 13, 14, 15, 16, 18, 21, 22, 23))
"""All attributes (CTA_*) but the timeout, the counters, the use, the id, the security mark and the times."""
_COUNT = "/proc/sys/net/netfilter/nf_conntrack_count"


def _connections(known: KnownReadings) -> Sign | None:
    count = text_of_file(_COUNT)
    if count is None or count.strip() == "0":
        return (count,)
    listed = text_of_file("/proc/net/nf_conntrack")
    if listed is not None:
        return tuple(sorted(map(_without_times, listed.splitlines())))
    if not any(each.origin.startswith("conntrack ") for each in known.readings.get("connections", ())):
        return None
    with Channel(NETFILTER) as table:
        found = (
            attributes(each, 4)
            for family in (AF_INET, AF_INET6)
            for each in table.dump(_GET_CONNECTION, bytes((family,)) + bytes(3))
        )
        return tuple(
            sorted(
                tuple(sorted((kind, value) for kind, value in each.items() if kind in _OF_CONNECTION)) for each in found
            )
        )


_TIMEOUT = 4
"""The column of /proc/net/nf_conntrack with the seconds until the connection is forgotten."""


def _without_times(line: str) -> str:
    words = line.split()
    del words[_TIMEOUT]
    return " ".join(each for each in words if not each.startswith(("packets=", "bytes=", "use=")))


def _rate_limits(known: KnownReadings) -> Sign | None:
    del known
    folders = (f"/proc/net/{each}" for each in ("xt_recent", "ipt_hashlimit", "ip6t_hashlimit"))
    return None if any(os.path.isdir(each) and os.listdir(each) for each in folders) else ()


def _packet_queues(known: KnownReadings) -> Sign:
    del known
    return (text_of_file("/proc/net/netfilter/nfnetlink_queue"),)


def _virtual_servers(known: KnownReadings) -> Sign:
    del known
    return (text_of_file("/proc/net/ip_vs"),)


_COUNTED = {
    "nf_conntrack": ("drop", "early_drop"),
    "arp_cache": ("entries", "table_fulls"),
    "ndisc_cache": ("entries", "table_fulls"),
}
"""The counters that hairpin reads (``host.read.ip.proc_text.counters``)."""


def _counters(known: KnownReadings) -> Sign:
    del known
    return tuple(
        (table, tuple(tuple(values[names.index(each)] for each in wanted if each in names) for values in rows))
        for table, wanted in _COUNTED.items()
        for names, *rows in [[line.split() for line in (text_of_file(f"/proc/net/stat/{table}") or "-").splitlines()]]
    )


def of_sockets(known: KnownReadings) -> Sign | None:
    if not any(each.key == "sockets" and each.origin.startswith("ss ") for each in known.readings.get("sockets", ())):
        return None
    with Channel(SOCKETS) as diagnosis:
        return listed_sockets(diagnosis, dict(if_nameindex()))


SIGNS: dict[str, Callable[[KnownReadings], Sign | None]] = {
    "links": _links, "rules": _rules, "sets": _sets, "sysctls": _sysctls, "connections": _connections,
    "rate_limits": _rate_limits, "packet_queues": _packet_queues, "counters": _counters,
    "virtual_servers": _virtual_servers, "sockets": of_sockets,
}  # fmt: skip
