"""Writes to the files of /proc/sys/net, which fanotify tells with the process that wrote.

A writer with a /proc of its own, such as a container's process, is not told: of the settings that have netconf
messages, ``links`` still tells the change.  systemd gives a unit with ProtectControlGroups= such a /proc (measured with
257), so the first process's one is watched.  Source: fanotify(7)
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hairpin.guard.change import SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources.fanotify import MODIFIED, Marks
from hairpin.guard.sources.source import Source
from hairpin.guard.sources.told import unseen

_FOLDERS = ("ipv4", "ipv6", "bridge", "netfilter")
_PER_LINK = frozenset((
    "forwarding", "route_localnet", "rp_filter", "accept_local", "arp_ignore", "arp_filter", "proxy_arp",
    "send_redirects", "accept_ra", "disable_ipv6", "src_valid_mark", "bc_forwarding",
))  # fmt: skip
_OWN, _OF_ALL = Path("/proc/sys/net"), Path("/proc/1/root/proc/sys/net")


class SysctlSource(Source):
    """The settings of the network namespace in which the process is."""

    def __init__(self, makers: Makers) -> None:
        """Raises OSError if the process may not watch files (CAP_SYS_ADMIN)."""
        self._makers = makers
        self._marks = Marks()
        self._links: set[tuple[str, int]] = set()
        for path in _settings():
            self._marks.mark(path, MODIFIED)
        self.mark_links()

    def mark_links(self) -> None:
        """Watch each setting of a link that may decide about packets, also of links that came since."""
        there: set[tuple[str, int]] = set()
        for folder in _FOLDERS:
            conf = f"{_root()}/{folder}/conf"
            try:
                links = os.listdir(conf)  # noqa: PTH208 - quick
            except OSError:
                continue
            for link in links:
                with suppress(OSError):
                    found = (f"{conf}/{link}", os.stat(f"{conf}/{link}").st_ino)  # noqa: PTH116
                    there.add(found)
                    if found not in self._links:
                        for name in _PER_LINK:
                            self._marks.mark(Path(found[0], name), MODIFIED)
        self._links = there

    def descriptors(self) -> tuple[int, ...]:
        """Return that of the marks."""
        return (self._marks.descriptor,)

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield each written setting, with who wrote it."""
        del descriptor
        for event in self._marks.events():
            now = time.time()
            if event.is_lost:
                yield unseen(now)
            else:
                # The kernel writes (unreachable) before the path of another mount namespace.
                name = event.path.rpartition("/sys/")[2].replace("/", ".")
                yield SeenChange("sysctls", now, name, self._makers.of(event.pid))

    def close(self) -> None:
        """Stop watching."""
        self._marks.close()


def _root() -> Path:
    return _OF_ALL if os.access(_OF_ALL, os.R_OK) else _OWN


def _settings() -> Iterator[Path]:
    """Yield the settings that are not those of a link."""
    for folder in _FOLDERS:
        top = _root() / folder
        if top.is_dir():
            yield from (each for each in top.iterdir() if each.is_file())
