"""Answers Prometheus on a loopback address: a thread with one socket, and nothing but ``GET /metrics``.

The standard library's server needs 3 MB of imports for what these lines do.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

_WAIT_S = 2.0
"""How long a client may take, in seconds.  Clients are served one after another."""
_LONGEST = 8192
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsServer:
    """The socket and its thread."""

    def __init__(self, address: tuple[str, int], text: Callable[[], str]) -> None:
        """Begin to answer.  ``text``: returns the metrics; it is called in the thread.  Raises OSError."""
        self._text = text
        self._socket = socket(AF_INET6 if ":" in address[0] else AF_INET, SOCK_STREAM)
        try:
            self._socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            self._socket.bind(address)
            self._socket.listen(8)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._is_over = threading.Event()
        threading.Thread(target=self._run, name="hairpin-metrics", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._is_over.set()
        with suppress(OSError):
            self._socket.shutdown(2)
        self._socket.close()

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError:
                if self._is_over.is_set():
                    return
                continue
            with suppress(OSError), client:
                client.settimeout(_WAIT_S)
                client.sendall(self._answer(_request(client)))

    def _answer(self, request: bytes) -> bytes:
        words = request.split(b"\r\n", 1)[0].split(b" ")
        status, body = "404 Not Found", "hairpin: ask for /metrics\n"
        if len(words) == 3 and words[0] not in (b"GET", b"HEAD"):
            status, body = "405 Method Not Allowed", "hairpin: GET /metrics\n"
        elif len(words) == 3 and words[1].split(b"?")[0] == b"/metrics":
            status, body = "200 OK", self._text()
        data = body.encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: {_TYPE}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        return head.encode() + (b"" if words[0] == b"HEAD" else data)


def _request(client: socket) -> bytes:
    """Return what the client asks, up to the empty line.  Raises OSError if that takes too long."""
    found = b""
    until = time.monotonic() + _WAIT_S
    while b"\r\n\r\n" not in found and len(found) < _LONGEST and time.monotonic() < until:
        more = client.recv(_LONGEST)
        if not more:
            break
        found += more
    return found
