"""Marks of files and of what else says how a host is set up: they differ if a file does.

The kernel sets a file's ctime whenever its content, its rights or its owner change, and nobody can set it back.
Source: stat(2), inode(7)
"""

import ctypes
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256

Mark = tuple[int, ...] | None
_TREES = (
    "/etc", "/usr/lib/sysctl.d", "/usr/local/lib/sysctl.d", "/run/sysctl.d", "/usr/lib/firewalld", "/lib/ufw",
    "/usr/lib/systemd/network", "/run/systemd/network", "/run/systemd/netif", "/run/systemd/system",
    "/run/systemd/transient", "/run/systemd/generator", "/run/systemd/generator.early", "/run/systemd/generator.late",
    "/run/systemd/resolve", "/run/network", "/run/NetworkManager", "/run/netplan", "/run/cloud-init",
    "/usr/lib/NetworkManager", "/usr/local/etc/keepalived", "/usr/local/lib/systemd", "/usr/share/containers",
    "/run/containers/systemd", "/var/spool/cron", "/var/lib/dhcp", "/var/lib/dhclient",
)  # fmt: skip
_FOLDERS = (
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/systemd/system",
    "/var/lib/rpm", "/var/lib/pacman/local", "/usr/lib/sysimage/rpm",
)  # fmt: skip
_FILES = (
    "/var/lib/dpkg/status",
    "/lib/apk/db/installed",
    "/var/lib/pacemaker/cib/cib.xml",
    "/var/lib/heartbeat/crm/cib.xml",
)
_CALLERS = (
    "/etc/rc.local", "/etc/crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily",
    "/etc/cron.weekly", "/etc/cron.monthly", "/etc/network",
    "/etc/NetworkManager/dispatcher.d", "/etc/networkd-dispatcher", "/etc/local.d",
    "/etc/systemd/system", "/var/spool/cron", "/usr/lib/systemd/system", "/etc/nftables.conf", "/etc/nftables",
)  # fmt: skip
_PATH = re.compile(rb"/[A-Za-z0-9_.@+-]+(?:/[A-Za-z0-9_.@+-]+)+")
_LONGEST_CALLER = 1 << 16
_called: tuple[object, tuple[str, ...]] = ((), ())


@cache
def trees() -> object:
    """Return the signs of all files, but of what systemd says."""
    global _called  # noqa: PLW0603 - what the files name need be found once, while they are as they are
    trees = tuple(each for tree in _TREES for each in _tree(tree)), tuple(map(mark, (*_FOLDERS, *_FILES)))
    if _called[0] != trees:
        _called = trees, tuple(_named_files())
    return trees, tuple(map(mark, _called[1]))


def plans() -> object:
    """Return the marks of all plans of hairpin in this host's journal."""
    return tuple(_tree("/var/lib/hairpin/plans"))


def _tree(path: str) -> Iterator[tuple[object, ...]]:
    yield path, mark(path)
    with suppress(OSError), os.scandir(path) as found:
        for each in found:
            yield each.path, _mark(each.stat(follow_symlinks=False))
            if each.is_symlink():
                yield each.path, mark(each.path)
            elif each.is_dir():
                yield from _tree(each.path)


def _named_files() -> Iterator[str]:
    """Yield the files that jobs and units name, and the files that those name."""
    known: set[str] = set()
    waiting = [path for each in _CALLERS for path in (_regular(each) if os.path.isdir(each) else (each,))]
    while waiting:
        path = waiting.pop()
        if path in known or not os.path.isfile(path):
            continue
        known.add(path)
        yield path
        with suppress(OSError), open(path, "rb") as file:
            data = file.read(_LONGEST_CALLER)
            if not data.startswith(b"\x7fELF"):
                waiting += (
                    os.fsdecode(each)
                    for each in _PATH.findall(data)
                    if not each.startswith((b"/proc/", b"/dev/", b"/sys/"))
                )


def _regular(folder: str) -> Iterator[str]:
    for above, _, names in os.walk(folder):
        yield from (f"{above}/{each}" for each in names)


_LOGGED = re.compile(
    r"^.*(?:martian|conntrack|neighbou?r|arp_cache|netfilter|ip6?_?tables|nf_tables|br_netfilter|xt_|rp_filter"
    r"|syn flooding|in=.* out=|renamed from|hw csum failure|bad gso).*$",
    re.IGNORECASE | re.MULTILINE,
)
"""The lines of the kernel's log that ``kernel_log`` in collect.sh takes."""


_log: tuple[int, bytes, tuple[str, ...]] = 0, b"", ()
"""The length and the digest of the log that was read last, and its lines."""


def kernel_log() -> tuple[str, ...]:
    """Return the lines of the kernel's log that matter.  Only what was added since the last call is searched."""
    global _log  # noqa: PLW0603
    libc, held = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(1 << 20)
    size = libc.klogctl(3, held, len(held))
    if size < 0:
        raise OSError(ctypes.get_errno(), "klogctl")
    data = ctypes.string_at(held, size)
    length, digest, lines = _log
    if length == 0 or data[length - 1 : length] != b"\n" or sha256(data[:length]).digest() != digest:
        length, lines = 0, ()
    if length < size or length == 0:
        added = _LOGGED.findall(data[length:].decode("utf-8", "replace"))
        _log = size, sha256(data).digest(), (*lines, *added)
    return _log[2]


def module_names() -> str | None:
    return "".join(line.split()[0] for line in (text_of_file("/proc/modules") or "").splitlines())


def entries_of(folder: str) -> Iterator[tuple[str, object]]:
    with suppress(OSError):
        yield from ((each, mark(f"{folder}/{each}")) for each in sorted(os.listdir(folder)))


def mark(path: str) -> tuple[int, ...] | None:
    """Return what changes with a file; None if there is none.  The kernel sets its ctime whenever anything of it does.

    A file in /proc, to which /etc/mtab leads, is another one for each process."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return None if found.st_dev == _device_of_proc() else _mark(found)


@cache
def _device_of_proc() -> int:
    return os.stat("/proc").st_dev


def _mark(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_ctime_ns, found.st_size


def text_of_file(path: str) -> str | None:
    """Return a file's text; None if it cannot be read."""
    data = data_of_file(path)
    return data.decode("utf-8", "surrogateescape") if data is not None else None


def data_of_file(path: str) -> bytes | None:
    """Return what is in a file; some thousand are read for one answer, so without Python's buffers."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    found = b""
    try:
        while more := os.read(file, 1 << 14):
            found += more
    except OSError:
        return None
    finally:
        os.close(file)
    return found


def unit_states(text: str) -> bytes:
    """Return the states of the units of a reading ``units``; empty where systemd does not run.

    Raises OSError or SubprocessError."""
    if not os.path.isdir("/run/systemd/system"):
        return b""
    names = re.findall(r"^Id=(\S+)", text, re.MULTILINE)
    asked = (
        "Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,StateChangeTimestampMonotonic,NeedDaemonReload,"
        "InvocationID"
    )
    return subprocess.run(
        ("systemctl", "show", "--no-pager", "-p", asked, *names, "*.socket"),
        capture_output=True,
        check=True,
        timeout=3.0,
    ).stdout
