"""The ssh session in which the user sits: found by the ancestors of this process, up to sshd and sshd's socket.

``SSH_CONNECTION`` is no proof: sudo drops it, and a terminal multiplexer keeps an old one.  Source: proc(5), ss(8)
"""

import ipaddress
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import msgspec

from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version, inside

_SSHD = ("sshd", "sshd-session")
_ESTABLISHED = "01"
_WAIT_S = 10.0
_EVERY_S = 0.2


class Session(msgspec.Struct, frozen=True):
    """One TCP connection of sshd's: the client's end and the host's."""

    version: Version
    client: int
    client_port: int
    address: int
    port: int

    def flow(self, network: Network) -> Flow:
        """Return a new connection from the same client to the same port."""
        host = network.namespace(network.this.netns)
        near = any(
            each.version == self.version and inside(self.client, each.value, each.prefix_length, each.version)
            for each in host.addresses
        )
        start = Lan(self.client) if near else Outside(self.client)
        return Flow(start, self.version, self.address, "tcp", self.port, host=network.this.name)


def own_session(proc: Path = Path("/proc"), pid: int | None = None) -> Session | None:
    """Return the ssh session of this process; None if no ancestor is sshd with one connection."""
    number = pid if pid is not None else os.getpid()
    while number > 1:
        try:
            name, parent = _stat(proc / str(number) / "stat")
        except OSError:
            return None
        if name in _SSHD:
            found = _sessions(proc, number)
            if len(found) == 1:
                return found[0]
        number = parent
    return None


def may_be_remote(proc: Path = Path("/proc")) -> bool:
    """Return whether somebody may sit at this terminal over the network though no ancestor is sshd: in a terminal
    multiplexer.  A console of the machine is none, nor is any terminal while nobody is connected to sshd."""
    try:
        name = os.ttyname(0)
    except OSError:
        return False  # nobody sits there
    return name.startswith("/dev/pts/") and any(_serves_somebody(proc, each) for each in proc.glob("[0-9]*"))


def _serves_somebody(proc: Path, process: Path) -> bool:
    try:
        return _stat(process / "stat")[0] in _SSHD and bool(_sessions(proc, int(process.name)))
    except OSError:
        return False


def _stat(path: Path) -> tuple[str, int]:
    """Return a process's name and its parent."""
    text = path.read_text("utf-8", "replace")
    name, rest = text.partition("(")[2].rpartition(")")[::2]
    return name, int(rest.split()[1])


def _sessions(proc: Path, pid: int) -> list[Session]:
    """Return the established connections of a process."""
    inodes: set[str] = set()
    for each in (proc / str(pid) / "fd").glob("*"):
        try:
            target = str(each.readlink())
        except OSError:
            continue
        if found := re.fullmatch(r"socket:\[(\d+)\]", target):
            inodes.add(found[1])
    sessions: list[Session] = []
    for file in ("tcp", "tcp6"):
        try:
            lines = (proc / str(pid) / "net" / file).read_text("utf-8").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[3] == _ESTABLISHED and words[9] in inodes:
                sessions.append(_session(*map(_end, words[1:3])))
    return list(dict.fromkeys(sessions))


_End = tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]


def _end(text: str) -> _End:
    """Return address and port of ``0100007F:1F90``: each 32-bit word is in the machine's byte order."""
    words, port = text.split(":")
    raw = b"".join(
        int(words[at : at + 8], 16).to_bytes(4, "little" if _LITTLE else "big") for at in range(0, len(words), 8)
    )
    address = ipaddress.ip_address(raw)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address, int(port, 16)


_LITTLE = socket.htons(1) != 1


def _session(own: _End, client: _End) -> Session:
    version: Version = 4 if own[0].version == 4 else 6
    return Session(version, int(client[0]), client[1], int(own[0]), own[1])


def acknowledged_bytes(session: Session) -> int | None:
    """Return how many bytes the client has acknowledged; None if the kernel does not say.  Source: ss(8) ``-i``"""
    client, own = (ipaddress.ip_address(_packed(value, session.version)) for value in (session.client, session.address))
    query = f"sport = {session.port} and dport = {session.client_port}"
    try:
        done = subprocess.run(("ss", "-tniHO", query), capture_output=True, text=True, check=False, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    for line in done.stdout.splitlines():
        if str(client) in line and str(own) in line and (found := re.search(r"bytes_acked:(\d+)", line)):
            return int(found[1])
    return None


def _packed(value: int, version: Version) -> bytes:
    return value.to_bytes(4 if version == 4 else 16, "big")


def acknowledges(session: Session, before: int | None, wait_s: float = _WAIT_S) -> bool:
    """Return whether the client acknowledges more than ``before`` within that time: what was written since arrives."""
    until = time.monotonic() + wait_s
    while before is not None and time.monotonic() < until:
        now = acknowledged_bytes(session)
        if now is not None and now > before:
            return True
        time.sleep(_EVERY_S)
    return False
