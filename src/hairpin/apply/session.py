"""Finds the user's ssh session.  The session's sshd is an ancestor of this process, and has the session's socket.

``SSH_CONNECTION`` does not prove a session: sudo drops this variable, and a terminal multiplexer keeps an old value.

Source: proc(5), ss(8)
"""

import ipaddress
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.walk.decided import SocketDecided
from hairpin.walk.walk import walk_flow

_SSHD = ("sshd", "sshd-session")
_ESTABLISHED = "01"


class Session(msgspec.Struct, frozen=True):
    """One TCP connection of sshd: the client's address and port, and the host's address and port."""

    version: Version
    client: int
    client_port: int
    address: int
    port: int

    def flow(self, network: Network) -> Flow:
        """Return a new connection from the same client to the same port."""
        host = network.namespace(network.this.netns)
        near = any(each.holds(self.client, self.version) for each in host.addresses)
        start = Lan(self.client) if near else Outside(self.client)
        return Flow(start, self.version, self.address, "tcp", self.port, host=network.this.name)

    def comes_in(self, network: Network) -> bool:
        """Return whether a new connection from the same client would reach a listener of this host on the same port.  A
        connection that a NAT rule sends to another port or to a container does not count."""
        trace = walk_flow(network, self.flow(network))
        return trace.succeeds and all(
            (step.netns, step.decided_by.socket.port) == (network.this.netns, self.port)
            for step in trace.usual.request
            if isinstance(step.decided_by, SocketDecided) and step.decided_by.socket is not None
        )


def own_session(proc: Path = Path("/proc"), pid: int | None = None) -> Session | None:
    """Return the ssh session of this process; None if no ancestor of this process is an sshd with exactly one
    connection."""
    found = (_sessions(proc, number) for number in sshd_above(proc, pid))
    return next((each[0] for each in found if len(each) == 1), None)


def sshd_above(proc: Path = Path("/proc"), pid: int | None = None) -> Iterator[int]:
    """Yield the sshd processes among the ancestors of this process, the nearest first."""
    for number in ancestors(proc, pid):
        with suppress(OSError):
            if _stat(proc / str(number) / "stat")[0] in _SSHD:
                yield number


def ancestors(proc: Path = Path("/proc"), pid: int | None = None) -> Iterator[int]:
    """Yield this process, its parent, and so on; process 1 is left out."""
    number = pid if pid is not None else os.getpid()
    while number > 1:
        yield number
        try:
            number = _stat(proc / str(number) / "stat")[1]
        except OSError:
            return


def session_of(connection: str) -> Session | None:
    """Return the connection that SSH_CONNECTION names: address and port of the client, then of the host.  Return None
    if the variable is empty.  Source: ssh(1)"""
    words = connection.split()
    if len(words) != 4:
        return None
    client, own = ((ipaddress.ip_address(words[at].partition("%")[0]), int(words[at + 1])) for at in (0, 2))
    return _session(own, client)


def may_be_remote(proc: Path = Path("/proc")) -> bool:
    """Return whether a user may use this terminal over the network.  In a terminal multiplexer, this is possible
    although no ancestor of this process is sshd.

    Remote use is possible if the terminal is a pseudo-terminal and an sshd of this host has a connection."""
    try:
        name = os.ttyname(0)
    except OSError:
        return False  # standard input is not a terminal, so no user waits for output
    return name.startswith("/dev/pts/") and bool(all_sessions(proc))


def all_sessions(proc: Path = Path("/proc")) -> tuple[Session, ...]:
    """Return all established connections of sshd processes."""
    found: list[Session] = []
    for process in proc.glob("[0-9]*"):
        with suppress(OSError):  # the process has ended since /proc was listed
            if _stat(process / "stat")[0] in _SSHD:
                found.extend(_sessions(proc, int(process.name)))
    return tuple(dict.fromkeys(found))


class Terminal(msgspec.Struct, frozen=True):
    """A pseudo-terminal that sshd gave to a session."""

    session: Session
    path: Path


def all_terminals(proc: Path = Path("/proc")) -> tuple[Terminal, ...]:
    """Return the terminals of all ssh sessions."""
    found: list[Terminal] = []
    for process in proc.glob("[0-9]*"):
        with suppress(OSError):
            parent = _stat(process / "stat")[1]
            name = str((process / "fd" / "0").readlink())
            if name.startswith("/dev/pts/") and _stat(proc / str(parent) / "stat")[0] in _SSHD:
                found.extend(Terminal(each, Path(name)) for each in _sessions(proc, parent))
    return tuple(dict.fromkeys(found))


def open_files(proc: Path, pid: int) -> Iterator[str]:
    """Yield the process's open files in the notation of proc(5): ``socket:[4026]``, ``pipe:[4711]``."""
    for each in (proc / str(pid) / "fd").glob("*"):
        with suppress(OSError):
            yield str(each.readlink())


def _stat(path: Path) -> tuple[str, int]:
    """Return the name of the process, and the id of its parent process."""
    text = path.read_text("utf-8", "replace")
    name, rest = text.partition("(")[2].rpartition(")")[::2]
    return name, int(rest.split()[1])


def _sessions(proc: Path, pid: int) -> list[Session]:
    """Return the established TCP connections of a process."""
    matches = (re.fullmatch(r"socket:\[(\d+)\]", each) for each in open_files(proc, pid))
    inodes = {found[1] for found in matches if found}
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
    """Return the address and port in a text such as ``0100007F:1F90``.  Each 32-bit word of the address is in the
    machine's byte order."""
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
