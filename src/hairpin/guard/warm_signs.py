"""Signs by which a part of a host can be told to be as it was when it was read.

``collect.sh`` reads a host in parts.  The sign of a part is a value that differs if what the part reads differs; it is
made of what the kernel, the engine and the files say now, and costs less than to read the part again.  A part has no
sign (None) where nothing cheap tells of each of its changes: then it is read again.  To be wrong here means a stale
answer, so a sign takes in rather too much.

``warm_told`` has what the kernel tells by itself.  ADR 0061 has the table of all parts.
"""

import os
import re
import subprocess
import sys
from _socket import AF_INET, AF_INET6, if_nameindex
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from hairpin.collect.netlink.channel import NETFILTER, ROUTE, SOCKETS, Channel, NotOrdinaryError, attribute, attributes
from hairpin.collect.netlink.insides import listed_sockets
from hairpin.evidence.reading import Reading
from hairpin.guard.warm_engine import engine_state
from hairpin.guard.warm_files import (
    data_of_file,
    entries_of,
    kernel_log,
    mark,
    module_names,
    text_of_file,
    trees,
    unit_states,
)

Sign = object
FILES = ("all_files", "ufw_hooks", "floating_addresses", "boot_scripts", "boot_units", "units", "quadlets")
PARTS = (
    "links", "rules", "sets", "sysctls", "connections", "rate_limits", "packet_queues", "counters", "virtual_servers",
    "sockets", "docker_all", "all_processes", "podman_and_pods", "all_files", "ufw_hooks", "floating_addresses",
    "firewalld_all", "versions", "rule_tools", "boot_scripts", "boot_units", "units", "quadlets", "system",
)  # fmt: skip
"""The parts of a host that ``collect.sh`` reads, in the order of its answers."""
OF_QUESTION = frozenset(("rules", "docker_all", "versions", "rule_tools", "units", "system"))
"""The parts that a question narrows (``--only``, ``--long-sets``)."""
_NO_SIGN = (OSError, ValueError, LookupError, NotOrdinaryError, subprocess.SubprocessError)


class KnownReadings(NamedTuple):
    """What is known from the reading that is compared with: its readings by part, and the words that narrow it."""

    readings: dict[str, tuple[Reading, ...]]
    only: tuple[str, ...] = ()

    def text(self, part: str, key: str) -> str:
        """Return the texts of a part's readings with this key."""
        return "\n".join(
            each.text for each in self.readings.get(part, ()) if each.key == key and each.outcome == "text"
        )

    def has(self, part: str, *keys: str) -> bool:
        """Return whether a part has a reading with one of these keys that says something."""
        return any(each.key in keys and each.outcome == "text" for each in self.readings.get(part, ()))


def signs_of(parts: Iterable[str], known: KnownReadings) -> dict[str, Sign | None]:
    """Return the signs of these parts as they are now."""
    for each in (_programs, trees):
        each.cache_clear()
    made: dict[Callable[[KnownReadings], Sign | None], Sign | None] = {}
    for make in dict.fromkeys(map(_SIGNS.__getitem__, parts)):
        try:
            made[make] = make(known)
        except _NO_SIGN:
            made[make] = None
    return {part: made[_SIGNS[part]] for part in parts}


# ---- network ---------------------------------------------------------------------------------------------------------

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


def _sockets(known: KnownReadings) -> Sign | None:
    if not any(each.key == "sockets" and each.origin.startswith("ss ") for each in known.readings.get("sockets", ())):
        return None
    with Channel(SOCKETS) as diagnosis:
        return listed_sockets(diagnosis, dict(if_nameindex()))


# ---- engines and processes -------------------------------------------------------------------------------------------

PROGRAMS = frozenset((
    "dockerd", "dockerd-current", "containerd", "firewalld", "conmon", "docker-proxy", "rootlessport", "rootlesskit",
    "slirp4netns", "pasta", "pasta.avx2", "podman",
))  # fmt: skip
"""The programs by whose presence the collector decides what to read."""


@cache
def _programs() -> tuple[tuple[int, str, str], ...]:
    """Return number, name and start of each process of such a program."""
    found: list[tuple[int, str, str]] = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        name = (text_of_file(f"/proc/{pid}/comm") or "").strip()
        if name in PROGRAMS:
            found.append((int(pid), name, _start(pid)))
    return tuple(sorted(found))


def _start(pid: str) -> str:
    """Return when a process began, in ticks, and whether a signal has stopped it; empty if there is none."""
    words = (text_of_file(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    return f"{words[19]} {words[0] in 'Tt'}" if len(words) > 19 else ""


def _docker(known: KnownReadings) -> Sign | None:
    asked = known.text("docker_all", "docker-socket").split(" ")[0]
    if not asked.startswith("unix://") or known.has("docker_all", "docker-beside", "swarm-services", "health-checks"):
        return None
    pids = [
        line.split("\t")[2] for line in known.text("docker_all", "namespaces").splitlines() if line.count("\t") >= 3
    ]
    inside = tuple(
        (
            pid,
            _start(pid),
            mark(f"/proc/{pid}/ns/net"),
            *(mark(f"/proc/{pid}/root/etc/{each}") for each in ("resolv.conf", "hosts")),
        )
        for pid in pids
        if pid != "-"
    )
    spaces = tuple(entries_of("/run/docker/netns"))
    return (
        engine_state(asked.removeprefix("unix://").strip()),
        inside,
        spaces,
        _programs(),
        mark("/etc/docker/daemon.json"),
        mark("/etc/resolv.conf"),
    )


_OF_PROCESS = {"socket-owners": 1, "relay-cmdlines": 0, "container-processes": 0}
"""The readings that name processes, and the column of the process's number."""


def _processes(known: KnownReadings) -> Sign | None:
    """Processes that have no socket, are in no container and relay nothing decide about no packet."""
    if known.has("all_processes", "address-movers") or known.text("all_processes", "frozen-processes"):
        return None
    pids = sorted({
        words[column]
        for key, column in _OF_PROCESS.items()
        for line in known.text("all_processes", key).splitlines()
        if len(words := line.split("\t" if "\t" in line else None)) > column
    })  # fmt: skip
    groups = {line for pid in pids for line in (text_of_file(f"/proc/{pid}/cgroup") or "").splitlines()}
    frozen = tuple(sorted((each, _is_frozen(each)) for each in groups))
    return tuple((pid, _start(pid)) for pid in pids), frozen, _sockets(known)


def _is_frozen(line: str) -> str:
    """Return what the files say of whether a control group is frozen; ``line``: of /proc/PID/cgroup."""
    _, controllers, path = line.split(":", 2)
    if controllers == "freezer":
        return text_of_file(f"/sys/fs/cgroup/freezer{path}/freezer.state") or ""
    if controllers:
        return ""
    return "".join(text_of_file(f"/sys/fs/cgroup{each}{path}/cgroup.events") or "" for each in ("", "/unified"))


_OF_OTHERS = (
    "podman-containers", "podman-networks", "podman-info", "rootless-info", "guests", "namespaces",
    "rootless-containers",
)  # fmt: skip
_STORES = (
    "/var/lib/containers/storage", "/var/lib/containers/storage/overlay-containers", "/run/libpod", "/run/containers",
    "/var/lib/libvirt/dnsmasq", "/var/lib/misc", "/var/lib/incus/networks", "/var/lib/lxd/networks",
    "/var/lib/NetworkManager", "/run/systemd/netif/dhcp-server-lease", "/var/lib/systemd/network/dhcp-server-lease",
    "/run/systemd/machines", "/run/user", "/run/netns", "/home", "/etc/cni/net.d", "/var/lib/systemd/linger",
)  # fmt: skip


def _podman(known: KnownReadings) -> Sign | None:
    if known.has("podman_and_pods", *_OF_OTHERS):
        return None
    spaces = {
        os.stat(f"/proc/{pid}/ns/net").st_ino for pid in filter(str.isdigit, os.listdir("/proc")) if _is_there(pid)
    }
    homes = (line.split(":")[5] for line in (text_of_file("/etc/passwd") or "").splitlines() if line.count(":") > 5)
    stores = tuple(
        (
            each,
            *map(
                mark, (f"{each}/.local/share/containers", f"{each}/.local/share/docker", f"{each}/.config/containers")
            ),
        )
        for each in homes
    )
    return tuple(sorted(spaces)), stores, tuple((each, tuple(entries_of(each))) for each in _STORES), _programs()


def _is_there(pid: str) -> bool:
    return os.access(f"/proc/{pid}/ns/net", os.F_OK)


# ---- files ----------------------------------------------------------------------------------------------------------


def _files(known: KnownReadings) -> Sign | None:
    """All files of /etc and their like, the programs, and the files outside of /etc that jobs and units name."""
    if known.has("quadlets", "quadlets"):
        return None
    return trees(), module_names(), unit_states(known.text("units", "units"))


def _firewalld(known: KnownReadings) -> Sign | None:
    """A running firewalld has settings that are in no file."""
    del known
    programs = _programs()
    return None if any(name == "firewalld" for _, name, _ in programs) else programs


def _tools(known: KnownReadings) -> Sign | None:
    lock = mark("/run/xtables.lock")
    return (
        None
        if lock is not None and "FLOCK" in (text_of_file("/proc/locks") or "")
        else (lock, _files(known), _programs())
    )


def _system(known: KnownReadings) -> Sign:
    """Return what the files say; and the kernel's log, unless the question does without."""
    return _files(known), None if known.only else kernel_log()


_SIGNS: dict[str, Callable[[KnownReadings], Sign | None]] = {
    "links": _links, "rules": _rules, "sets": _sets, "sysctls": _sysctls, "connections": _connections,
    "rate_limits": _rate_limits, "packet_queues": _packet_queues, "counters": _counters,
    "virtual_servers": _virtual_servers, "sockets": _sockets, "docker_all": _docker, "all_processes": _processes,
    "podman_and_pods": _podman, "firewalld_all": _firewalld, "versions": _files, "rule_tools": _tools,
    "system": _system, **dict.fromkeys(FILES, _files),
}  # fmt: skip
