"""Whether what is written now still arrives at the user's client: sshd is given bytes, and the client's kernel has to
acknowledge them.  Source: ss(8) ``-i``, unix(7), pipe(7)
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
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import msgspec

from hairpin.apply.session import Session, ancestors, open_files, sshd_above
from hairpin.network.prefix import Version

_PROC = Path("/proc")
_WAIT_S = 10.0
_EVERY_S = 0.2
_PADDING = b"\r" * 4096
"""More than one full-sized segment, since a path may pass small packets only.  A terminal shows nothing of it, and it
is white space in JSON."""


class SendQueue(msgspec.Struct, frozen=True):
    """What the kernel says of a connection: bytes that the client has acknowledged, and bytes that it has not."""

    acknowledged: int
    waiting: int


def send_queue(session: Session) -> SendQueue | None:
    """Return what the kernel says of the session's connection; None if it does not."""
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
    """Write the text to the client, and return whether the client acknowledges all of it within that time.  None: there
    is no way to write to it from here."""
    before = send_queue(session)
    if before is not None and before.waiting:  # what was written earlier may be acknowledged yet
        before = _settled(session, before)
    written = _write(text)
    if not written:
        return None
    return before is not None and _acknowledged(session, before, written, wait_s)


def _settled(session: Session, before: SendQueue) -> SendQueue | None:
    time.sleep(_EVERY_S)
    return send_queue(session) or before


def _acknowledged(session: Session, before: SendQueue, written: int, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    emptied = 0
    while time.monotonic() < until:
        now = send_queue(session)
        if now is not None:
            if now.acknowledged >= before.acknowledged + before.waiting + written:
                return True
            # ssh may compress: fewer bytes than were written, and twice nothing is left to be acknowledged.
            emptied = emptied + 1 if now.acknowledged > before.acknowledged and not now.waiting else 0
            if emptied > 1:
                return True
        time.sleep(_EVERY_S)
    return False


def _write(text: str) -> int:
    """Write to where sshd reads; return how many bytes, 0 if there is no such place.

    That is the terminal, else standard error or output of this process, or of the shell that waits for it and has its
    output still.  There only white space is written: the output may be a document."""
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
    """Write to a file that a process has open, if it is a pipe or a socket whose other end sshd has.  Raises OSError if
    it is not, or if it is not writable."""
    opened = way.readlink().name
    mode = way.stat().st_mode
    if stat.S_ISFIFO(mode) and way.lstat().st_mode & stat.S_IWUSR and opened in open_files(_PROC, server):
        return _write_file(way, data)
    if stat.S_ISSOCK(mode) and way.parts[2] == str(os.getpid()) and _peer(int(way.name)) == server:
        with socket.socket(fileno=os.dup(int(way.name))) as own:
            return own.send(data, socket.MSG_DONTWAIT)
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _write_file(path: Path, data: bytes) -> int:
    """Write what can be written at once: a terminal that somebody has halted does not halt this process."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.write(descriptor, data)
    finally:
        os.close(descriptor)


def _peer(number: int) -> int:
    """Return the process that made the pair of sockets."""
    with socket.socket(fileno=os.dup(number)) as way:
        pid: int = struct.unpack("3i", way.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))[0]
        return pid
