"""Files that programs of the network load later: their change harms at the next restart, and is told now.

fanotify tells the folder, the name of the file, and the process that wrote, renamed or removed it.  In folders with
many other files only known names count.  A folder that appears later is marked as soon as it is told, and what it has
by then is told as changed.  Source: fanotify(7), FAN_REPORT_DFID_NAME
"""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from hairpin.guard.change import SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources.fanotify import CHILDREN_CHANGED, CREATED, FOLDERS, NAMES, FanotifyEvent, Marks
from hairpin.guard.sources.source import Source
from hairpin.guard.sources.told import unseen

_UNITS = (
    "docker", "containerd", "podman", "podman-restart", "firewalld", "ufw", "nftables", "iptables", "ip6tables",
    "netfilter-persistent", "networking", "NetworkManager", "systemd-networkd", "systemd-sysctl", "fail2ban",
)  # fmt: skip
WHOLE = (
    "docker", "containers", "containers/containers.conf.d", "containers/networks", "containers/systemd",
    "containers/systemd/users", "cni/net.d", "sysctl.d", "modules-load.d", "modprobe.d", "firewalld",
    "firewalld/zones", "firewalld/policies", "firewalld/services", "firewalld/ipsets", "firewalld/helpers", "ufw",
    "ufw/applications.d", "iptables", "nftables", "nftables.d", "network", "network/interfaces.d", "network/if-up.d",
    "network/if-pre-up.d", "network/if-down.d", "network/if-post-down.d", "netplan", "networkd-dispatcher",
    "networkd-dispatcher/routable.d", "systemd/network", "systemd/networkd.conf.d", "systemd/system",
    "sysconfig/network-scripts", "NetworkManager", "NetworkManager/conf.d", "NetworkManager/system-connections",
    "NetworkManager/dispatcher.d", "fail2ban", "fail2ban/jail.d", "fail2ban/action.d",
    *(f"systemd/system/{unit}.service.d" for unit in _UNITS), "systemd/system/docker.socket.d",
)  # fmt: skip
"""Folders of /etc of which each file counts."""
NAMED = {
    "": frozenset(("sysctl.conf", "nftables.conf", "resolv.conf", "rc.local", "daemon.json")),
    "default": frozenset(("docker", "ufw", "netfilter-persistent", "networking")),
    "sysconfig": frozenset(("docker", "iptables", "ip6tables", "nftables.conf", "network")),
    "systemd": frozenset(("networkd.conf", "resolved.conf")),
    "cni": frozenset[str](),
}
"""Folders of /etc of which only these files count."""
ELSEWHERE = ("/run/sysctl.d", "/run/systemd/network", "/run/containers/systemd", "/run/netplan")
_EVERY_S = 10.0
"""How often folders are looked for whose parents are not marked."""
_HARMLESS = (".swp", ".swx", ".swpx", "~", ".tmp", ".dpkg-new", ".dpkg-tmp")
"""Ends of the names of files that no program loads."""


class ConfigFiles(Source):
    """The configuration of this host."""

    def __init__(self, makers: Makers, root: Path = Path("/etc"), elsewhere: tuple[str, ...] = ELSEWHERE) -> None:
        """Raises OSError if the process may not watch files, or if the kernel (before 5.9) tells no names."""
        self._makers = makers
        self._marks = Marks(NAMES)
        self._counting: dict[Path, frozenset[str]] = {root / each: frozenset() for each in WHOLE}
        self._counting |= {root / each: names for each, names in NAMED.items()}
        self._counting |= {Path(each): frozenset() for each in elsewhere}
        self._only_named = frozenset(root / each for each in NAMED)
        self._folders: dict[bytes, Path] = {}
        self._marked: dict[Path, int] = {}
        self._asked_s = time.monotonic()
        self._mark_all()

    def watch(self, files: Iterable[Path]) -> None:
        """Watch these files, too, wherever they are."""
        for each in files:
            names = self._counting.get(each.parent, frozenset())
            if each.parent not in self._counting or each.parent in self._only_named:
                self._counting[each.parent] = names | {each.name}
                self._only_named |= {each.parent}
        self._mark_all()

    def _mark_all(self) -> list[Path]:
        """Mark each folder that is there, and return those that were not marked."""
        found: list[Path] = []
        for folder in self._counting:
            try:
                inode = os.stat(folder).st_ino  # noqa: PTH116 - quick
            except OSError:
                self._marked.pop(folder, None)
                continue
            if self._marked.get(folder) != inode and self._marks.mark(folder, CHILDREN_CHANGED | CREATED | FOLDERS):
                self._marked[folder] = inode
                self._folders[self._marks.handle(folder)] = folder
                found.append(folder)
        return found

    def descriptors(self) -> tuple[int, ...]:
        """Return that of the marks."""
        return (self._marks.descriptor,)

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield the path of each changed file that counts, with who changed it."""
        del descriptor
        for event in self._marks.events():
            now = time.time()
            if event.is_lost:
                yield unseen(now)
                continue
            for path in self._paths(event):
                yield SeenChange("files", now, str(path), self._makers.of(event.pid))

    def asked(self, now_s: float) -> Iterator[SeenChange]:
        """Yield what folders have that have appeared where nothing is marked."""
        if now_s - self._asked_s >= _EVERY_S:
            self._asked_s = now_s
            now = time.time()
            yield from (SeenChange("files", now, str(each)) for each in self._new_files())

    def _new_files(self) -> Iterator[Path]:
        for folder in self._mark_all():
            yield from (each for each in sorted(folder.iterdir()) if self._counts(folder, each.name))

    def _paths(self, event: FanotifyEvent) -> Iterator[Path]:
        if event.mask & FOLDERS:
            yield from self._new_files()
            return
        if event.mask & CREATED and not event.mask & CHILDREN_CHANGED:  # it is told again when it is closed
            return
        folder = self._folders.get(event.handle)
        if folder is None:  # a file system whose folders have no handles
            if any(self._counts(each, event.name) for each in self._marked):
                yield Path(event.name)
        elif self._counts(folder, event.name):
            yield folder / event.name

    def _counts(self, folder: Path, name: str) -> bool:
        if folder in self._only_named:
            return name in self._counting[folder]
        return not name.endswith(_HARMLESS)

    def close(self) -> None:
        """Stop watching."""
        self._marks.close()
