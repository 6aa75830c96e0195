"""Signs by which a part of a host can be told to be as it was when it was read.

``collect.sh`` reads a host in parts.  The sign of a part is a value that differs if what the part reads differs; it is
made of what the kernel, the engine and the files say now, and costs less than to read the part again.  A part has no
sign (None) where nothing cheap tells of each of its changes: then it is read again.  To be wrong here means a stale
answer, so a sign takes in rather too much.

``told`` has what the kernel tells by itself.  ADR 0061 has the table of all parts.
"""

import os
import re
import subprocess
from collections.abc import Callable, Collection
from functools import cache

from hairpin.collect.netlink.channel import NotOrdinaryError
from hairpin.guard.warm import network_signs
from hairpin.guard.warm.engine import engine_state
from hairpin.guard.warm.files import entries_of, kernel_log, mark, module_names, plans, text_of_file, trees, unit_states
from hairpin.guard.warm.parts import FILES, HEAD, KnownReadings, Sign

_NO_SIGN = (OSError, ValueError, LookupError, NotOrdinaryError, subprocess.SubprocessError)


def look_anew() -> None:
    """Let the next signs be made of what is there now: several are made of the same files and programs."""
    for each in (_programs, trees):
        each.cache_clear()


def signs_of(parts: Collection[str], known: KnownReadings) -> dict[str, Sign | None]:
    """Return the signs of these parts, as they were after the last ``look_anew`` or are now."""
    made: dict[Callable[[KnownReadings], Sign | None], Sign | None] = {}
    for make in dict.fromkeys(map(_SIGNS.__getitem__, parts)):
        try:
            made[make] = make(known)
        except _NO_SIGN:
            made[make] = None
    return {part: made[_SIGNS[part]] for part in parts}


def _head(known: KnownReadings) -> Sign | None:
    """A plan under way is watched by a process, and its time runs out."""
    return None if known.has(HEAD, "plans") else plans()


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


_OF_PROCESS = ("relay-cmdlines", "container-processes")
"""The readings whose lines begin with the number of a process."""
_INODE = re.compile(r"\bino:(\d+)")


def _processes(known: KnownReadings) -> Sign | None:
    """Processes that have no socket of IP, are in no container and relay nothing decide about no packet."""
    sockets = network_signs.of_sockets(known)
    if sockets is None:  # then no list says which sockets are of IP
        return None
    if known.has("all_processes", "address-movers") or known.text("all_processes", "frozen-processes"):
        return None
    lines = (line for key in _OF_PROCESS for line in known.text("all_processes", key).splitlines())
    owners = map(str.split, known.text("all_processes", "socket-owners").splitlines())
    lists = (*(known.text(part, "sockets") for part in known.readings), *(each.text for each in known.inside))
    listed = {inode for text in lists for inode in _INODE.findall(text)}
    pids = sorted({
        *(words[0] for line in lines if (words := line.split())),
        *(words[1] for words in owners if len(words) > 1 and words[0] in listed),
    })  # fmt: skip
    groups = {line for pid in pids for line in (text_of_file(f"/proc/{pid}/cgroup") or "").splitlines()}
    frozen = tuple(sorted((each, _is_frozen(each)) for each in groups))
    return tuple((pid, _start(pid)) for pid in pids), frozen, sockets


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
    HEAD: _head, "docker_all": _docker, "all_processes": _processes, "podman_and_pods": _podman,
    "firewalld_all": _firewalld, "versions": _files, "rule_tools": _tools, "system": _system,
    **dict.fromkeys(FILES, _files), **network_signs.SIGNS,
}  # fmt: skip
