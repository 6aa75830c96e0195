"""WarmAnswers the commands of other processes of this host: the guard's socket.

The guard itself only waits for a connection.  Then it forks one process, which answers until nobody has asked for some
minutes: a quiet host pays nothing for it, and whatever happens to an answer does not happen to the guard.  Each
question is answered by the command's own function in a process of its own, forked from that one, so all that is
imported and read already is there.  What it writes is sent to the asking process as a whole, or not at all: if anything
is unusual, the command answers without the guard.

Source: unix(7), SO_PEERCRED and SO_PEERGROUPS; prctl(2), PR_SET_PDEATHSIG
"""

import ctypes
import gc
import grp
import os
import select
import signal
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import AF_UNIX, SO_PEERCRED, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET, socket
from typing import TYPE_CHECKING

from hairpin import __version__
from hairpin.cli.guarding.asking import Asking
from hairpin.cli.guarding.client import LENGTH, PASSED, PEER, SCHEMA, SOCKET, bytes_from, place, words_asked
from hairpin.guard.watch import Watch

if TYPE_CHECKING:
    from hairpin.cli.guarding.answers import WarmAnswers

GROUP = "hairpin"
"""Whoever is in this group gets the answers that root gets: that is what the group is for."""
IDLE_S, LIMIT_S, SLOW_S = 300.0, 25.0, 2.0
"""How long the answering process lives without a question, how long an answer may take, and how long a client may take
to say its question, in seconds."""
MOST_AT_ONCE = 4
_SO_PEERGROUPS = 59
_PR_SET_PDEATHSIG = 1
_FIELDS = 7
_LONGEST_QUESTION = 1 << 20


def answer_others(watch: Watch, stack: ExitStack) -> None:
    """Answer other processes while the guard runs.  Without the socket they answer by themselves."""
    if os.geteuid() != 0:
        return
    with suppress(OSError):
        server = Server()
        stack.callback(server.close)
        server.attend(watch)


class Server:
    """The guard's socket."""

    def __init__(self, path: str = SOCKET) -> None:
        """Raises OSError if there can be no such socket."""
        self._path = Path(path)
        self._path.parent.mkdir(mode=0o755, exist_ok=True)
        self._path.unlink(missing_ok=True)  # that of a guard that was killed
        self._listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC)
        mask = os.umask(0o177)
        try:
            self._listening.bind(path)
        finally:
            os.umask(mask)
        with suppress(KeyError):
            os.chown(path, 0, grp.getgrnam(GROUP).gr_gid)
        self._path.chmod(0o660)
        self._inode = self._path.stat().st_ino
        self._listening.listen(16)
        self._listening.setblocking(False)
        self._child = 0
        self._ended = -1

    def attend(self, watch: Watch) -> None:
        """Start the answering process as soon as somebody asks, and again after it has ended."""
        watch.heed(self._listening.fileno(), lambda: self._start(watch))

    def _start(self, watch: Watch) -> None:
        living, own = os.pipe2(os.O_CLOEXEC)
        guard = os.getpid()
        gc.freeze()
        child = os.fork()
        if not child:
            try:
                os.close(living)
                watch.close()
                _stand_alone(guard)
                _answer_all(self._listening)
            finally:
                os._exit(0)  # the guard's buffers and files are not this process's
        os.close(own)
        self._child, self._ended = child, living
        watch.leave(self._listening.fileno())
        watch.heed(living, lambda: self._reap(watch))

    def _reap(self, watch: Watch) -> None:
        watch.leave(self._ended)
        os.close(self._ended)
        os.waitpid(self._child, 0)
        self._child, self._ended = 0, -1
        self.attend(watch)

    def close(self) -> None:
        """Remove the socket, unless it is a later guard's, and end the process that answers."""
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        self._listening.close()
        if self._child:
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGTERM)
            os.waitpid(self._child, 0)


def _stand_alone(guard: int) -> None:
    """End with the guard, and by the signals that end it; write nothing where it writes."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != guard:
        os._exit(0)
    os.environ.pop("NOTIFY_SOCKET", None)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)


def _answer_all(listening: socket) -> None:
    """Answer questions until there was none for a while."""
    answers: WarmAnswers | None = None
    at_work: dict[int, Work] = {}
    waiting = select.poll()
    waiting.register(listening.fileno(), select.POLLIN)
    while True:
        idle = answers is not None and answers.has_to_read and not at_work
        ready = waiting.poll(0 if idle else 1000 if at_work else IDLE_S * 1000)
        if answers is not None and idle and not ready:
            answers.read_ahead()
            continue
        if not ready and not at_work:
            return
        for descriptor, _ in ready:
            if descriptor in at_work and answers is not None:
                if at_work[descriptor].has_ended():
                    answers.learn(at_work[descriptor].asking, bytes(at_work[descriptor].found))
                    _end(at_work, descriptor, waiting)
                continue
            with suppress(OSError), listening.accept()[0] as connection:
                asking = _accept(connection, len(at_work))
                if asking is None:
                    continue
                answers = answers or _new_answers()
                if (work := _attend(connection, answers, asking)) is not None:
                    at_work[work.pipe] = work
                    waiting.register(work.pipe, select.POLLIN)
        for descriptor in [each for each, work in at_work.items() if work.until_s < time.monotonic()]:
            _end(at_work, descriptor, waiting)


class Work:
    """A process that answers a question.  ``pipe``: by which it tells what it has found, until it ends."""

    def __init__(self, asking: Asking, process: int, pipe: int) -> None:
        self.asking, self.process, self.pipe = asking, process, pipe
        self.found = bytearray()
        self.until_s = time.monotonic() + LIMIT_S

    def has_ended(self) -> bool:
        """Take what the process tells, and return whether that was all."""
        data = os.read(self.pipe, 1 << 16)
        self.found += data
        return not data


def _end(at_work: dict[int, Work], pipe: int, waiting: select.poll) -> None:
    """End a process that has answered, or that has not in time: its client then answers by itself."""
    work = at_work.pop(pipe)
    waiting.unregister(pipe)
    os.close(pipe)
    with suppress(ProcessLookupError):
        os.kill(work.process, signal.SIGKILL)
    os.waitpid(work.process, 0)


def _new_answers() -> "WarmAnswers":
    from hairpin.cli.guarding.answers import WarmAnswers

    return WarmAnswers()


def _accept(connection: socket, working: int) -> Asking | None:
    """Return the question of a connection, and say that it will be answered; None if it will not."""
    connection.settimeout(SLOW_S)
    asking = _asking(connection)
    if not isinstance(asking, str) and working < MOST_AT_ONCE:
        connection.send(b"W")
        return asking
    reply = b"N" + (asking if isinstance(asking, str) else "busy").encode()
    connection.sendall(b"W" + LENGTH.pack(len(reply)) + reply)
    return None


def _attend(connection: socket, answers: "WarmAnswers", asking: Asking) -> Work | None:
    """Answer a question, or return the process that does."""
    if (known := answers.known(asking)) is not None:
        _send(connection, known)
        return None
    pipe, own = os.pipe2(os.O_CLOEXEC)
    process = os.fork()
    if process:
        os.close(own)
        return Work(asking, process, pipe)
    try:
        os.setsid()
        reply, learned = answers.answer(asking)
        _send(connection, reply)
        with open(own, "wb") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(learned)
    finally:
        os._exit(0)


def _send(connection: socket, reply: bytes) -> None:
    connection.settimeout(SLOW_S)
    connection.sendall(LENGTH.pack(len(reply)) + reply)


def _asking(connection: socket) -> Asking | str:
    """Return the question of a connection, or why it is not answered; raise OSError if it is none."""
    _, user, group = PEER.unpack(connection.getsockopt(SOL_SOCKET, SO_PEERCRED, PEER.size))
    if user and not _is_in_group(connection, group):
        return "refused"
    (length,) = LENGTH.unpack(bytes_from(connection, LENGTH.size))
    if length > _LONGEST_QUESTION:
        return "refused"
    fields = bytes_from(connection, length).decode("utf-8", "surrogateescape").split("\0")
    if len(fields) <= _FIELDS or fields[0] != SCHEMA or fields[1] != __version__:
        return "version"
    _, _, where, encoding, columns, home, path, *rest = fields
    if where != place():
        return "place"
    if not user and (home, path) != (os.environ.get("HOME", "/root"), os.environ.get("PATH", path)):
        return "place"
    if "" not in rest:
        return "refused"
    end = rest.index("")
    words = tuple(rest[end + 1 :])
    if words_asked(list(words)) != words:
        return "refused"
    pairs = (each.partition("=") for each in rest[:end])
    return Asking(encoding, columns, tuple((name, value) for name, _, value in pairs if name in PASSED), words)


def _is_in_group(connection: socket, group: int) -> bool:
    """Return whether the process that connected is in the group of those who may ask."""
    try:
        wanted = grp.getgrnam(GROUP).gr_gid
        others = connection.getsockopt(SOL_SOCKET, _SO_PEERGROUPS, 1 << 16)
    except (KeyError, OSError):
        return False
    return wanted == group or wanted in (
        int.from_bytes(others[at : at + 4], sys.byteorder) for at in range(0, len(others), 4)
    )
