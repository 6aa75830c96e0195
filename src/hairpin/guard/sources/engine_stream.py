"""An answer of an engine's API that comes in pieces: a stream of lines, or one text.

HTTP/1.0 is asked, so the answer has no chunks and ends with the connection.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, socket

_MOST_BYTES = 1 << 24
"""What is longer is no answer to the questions that are asked here."""


class EngineStream:
    """A connection that never blocks.  ``answers``: the engine has begun to answer, with status 200.  ``has_ended``:
    there will be no more.  ``body``: what is not yet taken as lines."""

    def __init__(self, connection: socket) -> None:
        self._socket = connection
        self._head: bytes | None = b""
        self.answers = self.has_ended = False
        self.body = b""

    @classmethod
    def opened(cls, place: Path, path: str) -> "EngineStream | None":
        """Return the stream that answers a GET of the path; None if nobody listens."""
        connection = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)
        try:
            connection.connect(str(place))
            connection.send(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        except OSError:
            connection.close()
            return None
        return cls(connection)

    @property
    def descriptor(self) -> int:
        """The connection's descriptor."""
        return self._socket.fileno()

    def lines(self) -> Iterator[bytes]:
        """Take what has come, and return the whole lines of it if it is a stream that goes on."""
        try:
            while data := self._socket.recv(1 << 16):
                self._take(data)
            self.has_ended = True
        except BlockingIOError:
            pass
        except OSError:
            self.has_ended = True
        if len(self.body) > _MOST_BYTES:
            self.has_ended = True
        *whole, _ = self.body.split(b"\n")
        return iter(self._without(whole))

    def _without(self, whole: list[bytes]) -> list[bytes]:
        if self.has_ended:
            return whole
        self.body = self.body[sum(len(each) + 1 for each in whole) :]
        return whole

    def _take(self, data: bytes) -> None:
        if self._head is None:
            self.body += data
            return
        head, found, rest = (self._head + data).partition(b"\r\n\r\n")
        if not found:
            self._head = head
            return
        self._head, self.body = None, rest
        self.answers = b" 200 " in head.partition(b"\r\n")[0] + b" "
        self.has_ended = not self.answers

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self._socket.close()
