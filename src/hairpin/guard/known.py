"""What /proc says of a process: read with as few calls as possible, because the process may end meanwhile.

Of its environment only two names are looked at: ``TRIGGER_UNIT``, by which systemd (254) tells a service which timer
started it, and ``SSH_CONNECTION``, whose first word is the client's address.

Source: proc(5), systemd.exec(5), sshd(8)
"""

import os
import re
from typing import NamedTuple

_MOST_CHARACTERS = 400
_LONGEST = 1 << 14
_NOBODY = 0xFFFFFFFF
"""The login's user id of a process that no login has started."""
_UNIT = re.compile(r"(?P<unit>[^/]+\.(?:service|scope|timer|socket))(?:/|$)")
_CONTAINER = re.compile(
    r"(?:docker|libpod|crio|cri-containerd)-(?P<id>[0-9a-f]{12})[0-9a-f]*(?:\.scope)?(?:/|$)"
    r"|/docker/(?P<plain>[0-9a-f]{12})|/(?P<bare>[0-9a-f]{12})[0-9a-f]{52}(?:/|$)",
    re.MULTILINE,
)
_TERMINALS = {4: "tty", 136: "pts/"}
"""Major numbers of devices: the consoles, and the first 256 pseudo-terminals."""


class KnownProcess(NamedTuple):
    """One process.  ``parent``: its parent's number.  ``unit``: the innermost unit of systemd.  ``container``: the
    first 12 characters of its id.  ``trigger``: the unit that started its unit.  ``client``: the address of the ssh
    client.  Each is empty if there is none, or if it could not be read.  ``begun_s``: when its program was told to have
    started, by the clock of time.monotonic(); 0 if that was not told."""

    name: str
    parent: int
    command: str = ""
    exe: str = ""
    unit: str = ""
    container: str = ""
    login: int | None = None
    terminal: str = ""
    trigger: str = ""
    client: str = ""
    begun_s: float = 0.0


def thread_of(thread: int) -> tuple[int, str]:
    """Return the process of a thread that lives, and the thread's name; 0 and nothing if it is gone."""
    name = process = ""
    for line in _beginning(f"/proc/{thread}/status").decode("utf-8", "backslashreplace").split("\n"):
        if line.startswith("Name:"):
            name = line[5:].strip()
        elif line.startswith("Tgid:"):
            process = line[5:].strip()
            break
    return (int(process) if process.isdigit() else 0), name


def known_of(pid: int) -> KnownProcess | None:
    """Return what /proc says of a process; None if it is gone."""
    folder = f"/proc/{pid}/"
    command = _beginning(f"{folder}cmdline")  # first, because it goes first
    head, _, rest = _beginning(f"{folder}stat").decode("utf-8", "backslashreplace").rpartition(")")
    words = rest.split()
    if len(words) < 5:
        return None
    cgroup = _beginning(f"{folder}cgroup").decode("utf-8", "backslashreplace")
    login = _login(_beginning(f"{folder}loginuid"))
    unit = _unit(cgroup)
    environment = _beginning(f"{folder}environ") if login is not None or unit.endswith(".service") else b""
    try:
        exe = os.readlink(f"{folder}exe")  # noqa: PTH115 - quick
    except OSError:
        exe = ""
    found = _CONTAINER.search(cgroup)
    return KnownProcess(
        head.partition("(")[2],
        int(words[1]),
        command.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "backslashreplace")[:_MOST_CHARACTERS],
        exe,
        unit,
        (found["id"] or found["plain"] or found["bare"]) if found is not None else "",
        login,
        _terminal(int(words[4])),
        _variable(environment, b"TRIGGER_UNIT"),
        _variable(environment, b"SSH_CONNECTION").partition(" ")[0],
    )


def is_of_this_host(pid: int) -> bool:
    """Return whether a process is in the namespaces of processes and of the network of this one."""
    try:
        return all(
            os.readlink(f"/proc/{pid}/ns/{kind}") == os.readlink(f"/proc/self/ns/{kind}")  # noqa: PTH115
            for kind in ("pid", "net")
        )
    except OSError:
        return False


def _beginning(path: str) -> bytes:
    """Return the beginning of a file of /proc; nothing if it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, _LONGEST)
    except OSError:  # ESRCH: the process has ended since
        return b""
    finally:
        os.close(file)


def _unit(cgroup: str) -> str:
    """Return the innermost unit: the last line is that of cgroup v2, or of systemd's own hierarchy."""
    for line in reversed(cgroup.splitlines()):
        units = [each["unit"] for each in _UNIT.finditer(line)]
        if units:
            return units[-1]
    return ""


def _login(data: bytes) -> int | None:
    return int(data) if data.isdigit() and int(data) != _NOBODY else None


def _terminal(device: int) -> str:
    major, minor = os.major(device), os.minor(device)
    return f"{_TERMINALS[major]}{minor}" if major in _TERMINALS else ""


def _variable(environment: bytes, name: bytes) -> str:
    for each in environment.split(b"\0"):
        if each.startswith(name + b"="):
            return each[len(name) + 1 :].decode("utf-8", "backslashreplace")[:_MOST_CHARACTERS]
    return ""
