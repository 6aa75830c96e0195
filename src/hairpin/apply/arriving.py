"""Tests whether output still reaches the user's client.

The test is that this process writes bytes to sshd, and the client's kernel has to acknowledge them.  Source: ss(8)
``-i``, unix(7), pipe(7)
"""

import errno
import ipaddress
import os
import re
import socket
import stat
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import takewhile
from pathlib import Path

import msgspec

from hairpin.apply.session import Session, Terminal, ancestors, open_files, sshd_above
from hairpin.network.prefix import Version

_PROC = Path("/proc")
_WAIT_S = 10.0
_EVERY_S = 0.2
_PADDING = b"\r" * 4096
"""Bytes that fill more than one full-sized TCP segment.  A path may lose only large packets, so these bytes fill more
than one packet.  A terminal shows none of these bytes, and a JSON parser reads them as white space."""
_NOTHING = b"\0" * 4096


class SendQueue(msgspec.Struct, frozen=True):
    """The kernel's counts for one connection, in bytes: the bytes that the client has acknowledged, and the bytes that
    it has not yet acknowledged."""

    acknowledged: int
    waiting: int


def send_queue(session: Session) -> SendQueue | None:
    """Return the send queue of the session's connection; None if ``ss`` does not list it."""
    client, own = (ipaddress.ip_address(_packed(value, session.version)) for value in (session.client, session.address))
    query = f"sport = {session.port} and dport = {session.client_port}"
    try:
        done = subprocess.run(("ss", "-tniHO", query), capture_output=True, text=True, check=False, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    for line in done.stdout.splitlines():
        words = line.split()
        if str(client) in line and str(own) in line and (found := re.search(r"bytes_acked:(\d+)", line)):
            return SendQueue(int(found[1]), int(words[2]))
    return None


def _packed(value: int, version: Version) -> bytes:
    return value.to_bytes(4 if version == 4 else 16, "big")


def arrives(text: str, session: Session, wait_s: float = _WAIT_S) -> bool | None:
    """Write the text to the client, and return whether the client acknowledges all of it within ``wait_s`` seconds.
    Return None if this process has no open file that leads to sshd."""
    probe = _Probe(session)
    return _await_one([probe], wait_s) if probe.is_written(lambda: _write(text)) else None


def arrives_at_one(terminals: tuple[Terminal, ...], wait_s: float = _WAIT_S) -> bool | None:
    """Write to the terminals, among them the user's terminal, and return whether one of the clients acknowledges all
    bytes.  Return None if no terminal can be written to.  The function writes zero bytes, because a terminal neither
    shows zero bytes nor moves its cursor for them."""
    probes: list[_Probe] = []
    for each in terminals:
        probe = _Probe(each.session)
        with suppress(OSError):
            if probe.is_written(partial(_write_file, each.path, _NOTHING)):
                probes.append(probe)
    return _await_one(probes, wait_s) if probes else None


def _await_one(probes: list["_Probe"], wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        acknowledged = [each.is_acknowledged() for each in probes]
        if any(acknowledged):
            return True
        time.sleep(_EVERY_S)
    return False


class _Probe:
    """Bytes that were written to a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.before: SendQueue | None = None
        self.written = 0
        self.emptied = 0

    def is_written(self, write: Callable[[], int]) -> bool:
        """Call ``write``, and return whether it wrote any bytes."""
        self.before = send_queue(self.session)
        if self.before is not None and self.before.waiting:  # earlier bytes may still be unacknowledged
            time.sleep(_EVERY_S)
            self.before = send_queue(self.session)
        self.written = write()
        return bool(self.written)

    def is_acknowledged(self) -> bool:
        now, before = send_queue(self.session), self.before
        if now is None or before is None:
            return False
        if now.acknowledged >= before.acknowledged + before.waiting + self.written:
            return True
        # If ssh compresses the bytes, fewer bytes are acknowledged than were written.  Therefore an empty queue that is
        # seen twice also counts as an acknowledgement.
        self.emptied = self.emptied + 1 if now.acknowledged > before.acknowledged and not now.waiting else 0
        return self.emptied > 1


def _write(text: str) -> int:
    """Write to an open file that sshd reads, and return the number of written bytes; 0 if there is no such file.

    The file is the terminal.  Without a terminal, the file is standard error or standard output of this process or of a
    parent shell.  Only white space is written to standard output, because standard output may contain a document."""
    said = text.encode("utf-8", "replace") + _PADDING
    with suppress(OSError):
        return _write_file(Path("/dev/tty"), said)
    server = next(sshd_above(), 0)
    below = tuple(takewhile(lambda pid: pid != server, ancestors())) if server else ()
    for number in (2, 1):
        for pid in below:
            with suppress(OSError):
                return _write_to_server(Path(f"/proc/{pid}/fd/{number}"), server, said if number == 2 else _PADDING)
    return 0


def _write_to_server(way: Path, server: int, data: bytes) -> int:
    """Write to a process's open file, if it is a pipe or a socket whose other end sshd has.  Raises OSError for any
    other file, and if the file is not writable."""
    opened = way.readlink().name
    mode = way.stat().st_mode
    if stat.S_ISFIFO(mode) and way.lstat().st_mode & stat.S_IWUSR and opened in open_files(_PROC, server):
        return _write_file(way, data)
    if stat.S_ISSOCK(mode) and way.parts[2] == str(os.getpid()) and _peer(int(way.name)) == server:
        with socket.socket(fileno=os.dup(int(way.name))) as own:
            return own.send(data, socket.MSG_DONTWAIT)
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _write_file(path: Path, data: bytes) -> int:
    """Write to the file without blocking, and return the number of written bytes.  A terminal may be halted (XOFF)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.write(descriptor, data)
    finally:
        os.close(descriptor)


def _peer(number: int) -> int:
    """Return the id of the process that created the socket pair."""
    with socket.socket(fileno=os.dup(number)) as way:
        pid: int = struct.unpack("3i", way.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))[0]
        return pid
