"""Finds who made a change, from the id of a thread that the kernel tells.

The process may live for a few milliseconds only, so its files in /proc are read at once.  Whatever could not be read
is left out; nothing is guessed.

Source: proc(5); linux kernel/fork.c: a thread has an entry /proc/ID of its own, although no listing has it
"""

import re
from pathlib import Path

from hairpin.guard.change import Culprit

_PROC = Path("/proc")
_FIRST_NAMESPACE = 0xEFFFFFFC
"""PROC_PID_INIT_INO: the inode of the first process namespace, linux/proc_ns.h"""
_MOST_PARENTS = 6
_MOST_CHARACTERS = 400
_NOBODY = 0xFFFFFFFF
"""The login's user id of a process that no login has started."""
_UNIT = re.compile(r"(?P<unit>[^/]+\.(?:service|scope|timer|socket))(?:/|$)")
_CONTAINER = re.compile(
    r"(?:docker|libpod|crio|cri-containerd)-(?P<id>[0-9a-f]{12})[0-9a-f]*\.scope|/docker/(?P<plain>[0-9a-f]{12})"
)


def numbers_are_own() -> bool:
    """Return whether the numbers of processes that nftables tells are those of /proc.  It tells those of the first
    process namespace, and in another one they name other processes."""
    try:
        return Path("/proc/self/ns/pid").readlink().name == f"pid:[{_FIRST_NAMESPACE}]"
    except OSError:
        return False


def culprit_of(thread: int, name: str = "") -> Culprit | None:
    """Return the process of the thread.  ``name``: the name that the kernel told, which is all that is known if the
    process is gone; None if nothing is known."""
    status = _status(thread)
    if status is None or (name and status.get("Name") != name):  # the number may be another process's by now
        return Culprit(thread, name) if name else None
    pid = int(status.get("Tgid", thread))
    own = (_status(pid) or status) if pid != thread else status
    return Culprit(pid, own.get("Name", name), _command(pid), tuple(_parents(own)), _unit(pid), _login(pid))


def _status(pid: int) -> dict[str, str] | None:
    try:
        text = (_PROC / str(pid) / "status").read_text("utf-8", errors="replace")
    except OSError:
        return None
    pairs = (line.partition(":") for line in text.splitlines())
    return {key: value.strip() for key, _, value in pairs}


def _command(pid: int) -> str:
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    return words.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "backslashreplace")[:_MOST_CHARACTERS]


def _parents(status: dict[str, str]) -> list[str]:
    """Return the names of the parents up to the first process, which is left out."""
    found: list[str] = []
    while len(found) < _MOST_PARENTS:
        parent = status.get("PPid", "0")
        if parent in ("0", "1"):
            break
        known = _status(int(parent))
        if known is None:
            break
        found.append(known.get("Name", ""))
        status = known
    return found


def _unit(pid: int) -> str:
    """Return the container or else the innermost systemd unit of the process."""
    try:
        text = (_PROC / str(pid) / "cgroup").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    container = _CONTAINER.search(text)
    if container is not None:
        return f"container {container['id'] or container['plain']}"
    units = [each["unit"] for each in _UNIT.finditer(text.splitlines()[-1] if text else "")]
    return units[-1] if units else ""


def _login(pid: int) -> int | None:
    try:
        user = int((_PROC / str(pid) / "loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return user if user != _NOBODY else None
