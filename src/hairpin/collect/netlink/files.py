"""Files of /proc in the network namespace that the thread is in: sysctls, and files of /proc/net.

Source: proc(5); net/sysctl_net.c net_ctl_header_lookup(): /proc/sys/net shows the namespace of the thread that opens a
file, not that of the file's path.
"""

import os
from collections.abc import Iterable, Iterator

from hairpin.collect.netlink.channel import NotOrdinaryError

NET = "/proc/thread-self/net/"
_SYSCTLS = "/proc/sys/net/"
_FORWARDING = f"{_SYSCTLS}ipv4/conf/all/forwarding:"
_CHUNK = 1 << 16
_VALUE = 1 << 12
"""A sysctl gives its whole value to one read, and no value is longer than a page."""
Folders = tuple[tuple[str, tuple[str, ...]], ...]
"""Folders below /proc/sys/net, each with the names of files in it."""


def text_of(path: str) -> str | None:
    """Return the text of a file of /proc; None if there is no such file, or if it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = data = os.read(file, _CHUNK if path.startswith(NET) else _VALUE)
        while data and path.startswith(NET):
            data = os.read(file, _CHUNK)
            text += data
    except OSError:
        return None
    finally:
        os.close(file)
    return text.decode("utf-8", "surrogateescape")


def has_entries(folder: str) -> bool:
    """Return whether a folder is there and has entries."""
    try:
        return bool(os.listdir(folder))  # noqa: PTH208 - the module pathlib costs more than it gives here
    except OSError:
        return False


class SysctlReader:
    """Reads the sysctls that ``collect.sh`` reads in a container's namespace.  ``keys``: the names that the reading
    ``apart-facts`` lists, by the word in front of them.  Lists of paths are kept, because most containers have equal
    links."""

    def __init__(self, keys: dict[str, tuple[str, ...]]) -> None:
        self._keys = keys
        self._kept: dict[tuple[bool, tuple[str, ...], tuple[str, ...]], Folders] = {}

    def text(self, *, has_ipv6: bool) -> str:
        """Return the lines ``PATH:VALUE``; raise NotOrdinaryError if sysctls cannot be read.

        ``has_ipv6``: whether any link has an IPv6 address."""
        of4, of6 = _folders("ipv4/conf"), _folders("ipv6/conf")
        known = (has_ipv6, of4, of6)
        wanted = self._kept.get(known)
        if wanted is None:
            wanted = self._kept[known] = _by_folder(self._paths(has_ipv6, of4, of6))
        lines: list[str] = []
        for folder, names in wanted:
            lines += _lines(folder, names)
        if not any(line.startswith(_FORWARDING) for line in lines):
            raise NotOrdinaryError("no sysctl can be read")
        return "".join(lines)

    def _paths(self, has_ipv6: bool, of4: Iterable[str], of6: Iterable[str]) -> Iterator[str]:
        keys6 = self._keys["keys6" if has_ipv6 else "unused6"]
        yield from (f"ipv4/conf/{link}/{key}" for link in of4 for key in self._keys["keys4"])
        yield from (f"ipv6/conf/{link}/{key}" for link in of6 for key in keys6)
        yield from self._keys["paths"]
        yield from self._keys["further"]


def _by_folder(paths: Iterable[str]) -> Folders:
    """Return the names of the files by their folders, in the order of the paths."""
    found: dict[str, list[str]] = {}
    for path in paths:
        folder, _, file = path.rpartition("/")
        found.setdefault(folder, []).append(file)
    return tuple((folder, tuple(names)) for folder, names in found.items())


def _lines(folder: str, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of the sysctls in one folder.

    The kernel looks a name up among those of all namespaces, so each folder is looked up once."""
    try:
        place = os.open(_SYSCTLS + folder, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        for each in names:
            try:
                file = os.open(each, os.O_RDONLY | os.O_CLOEXEC, dir_fd=place)
            except OSError:
                continue
            # Of all values only stable_secret has a colon, and it stays on the host.
            for line in _value(file).splitlines():
                if ":" not in line:
                    yield f"{_SYSCTLS}{folder}/{each}:{line}\n"
    finally:
        os.close(place)


def _value(file: int) -> str:
    """Close the file; return its value, which is empty if it cannot be read."""
    try:
        return os.read(file, _VALUE).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
    finally:
        os.close(file)


def _folders(path: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(each for each in os.listdir(_SYSCTLS + path) if not each.startswith(".")))  # noqa: PTH208
    except OSError:
        return ()
