"""Makes one real connection and tells how it ended.  The module also runs as a plain script inside a namespace.

``python -I -S probe.py tcp ADDRESS PORT SECONDS [SOURCE_PORT [BYTES]]`` prints one of the words of ``Outcome``.  With
the argument ``all`` it reads a JSON list of ``[PROTOCOL, ADDRESS, PORT, SECONDS, SOURCE_PORT, SOURCE_ADDRESS]``, makes
all these connections at once and prints a line for each.  Imports the standard library only: a lab's namespace need not
contain hairpin or its dependencies.
"""

import enum
import errno
import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor


class Outcome(enum.StrEnum):
    """The result that a client sees.  ``timeout`` includes a connection that is accepted and then stays silent."""

    DELIVERED = "delivered"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


BY_ERRNO = {
    errno.ECONNREFUSED: Outcome.REFUSED,
    errno.ECONNRESET: Outcome.REFUSED,
    errno.EPIPE: Outcome.REFUSED,
    errno.EHOSTUNREACH: Outcome.UNREACHABLE,
    errno.ENETUNREACH: Outcome.UNREACHABLE,
    errno.EACCES: Outcome.UNREACHABLE,
    errno.EPERM: Outcome.UNREACHABLE,
    errno.EINVAL: Outcome.UNREACHABLE,  # a blackhole route gives this error: net/ipv4/fib_semantics.c fib_props
}


def probe(
    protocol: str,
    address: str,
    port: int,
    timeout_s: float,
    source_port: int = 0,
    padding_bytes: int = 0,
    source: str = "",
) -> Outcome:
    """Ask for a page by TCP or for an echo by UDP; ``source_port`` 0 and an empty ``source`` let the kernel choose.

    ``padding_bytes``: the number of bytes by which a header lengthens the request.  The server answers only after all
    packets of the request have arrived.

    Raises OSError only for errors of this machine: an unknown address family, a source port in use.
    """
    padding = b"X-Padding: " + b"x" * padding_bytes + b"\r\n" if padding_bytes else b""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as sock:
        sock.settimeout(timeout_s)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if source_port or source:
            sock.bind((source, source_port))
        try:
            sock.connect((address, port))
            sock.sendall(b"GET / HTTP/1.0\r\n" + padding + b"\r\n")
            answer = sock.recv(4096)
        except TimeoutError:
            return Outcome.TIMEOUT
        except OSError as error:
            if error.errno not in BY_ERRNO:
                raise
            return BY_ERRNO[error.errno]
    # docker-proxy accepts a connection before it knows that no process listens in the container.  docker-proxy then
    # closes the connection without data and without a RST.
    return Outcome.DELIVERED if answer else Outcome.REFUSED


def probe_all(requests: list[tuple[str, str, int, float, int, str]]) -> list[Outcome]:
    """Make all connections at once; return the outcomes in the order of the connections."""

    def one(request: tuple[str, str, int, float, int, str]) -> Outcome:
        protocol, address, port, timeout_s, source_port, source = request
        return probe(protocol, address, port, timeout_s, source_port, source=source)

    with ThreadPoolExecutor(max(1, len(requests))) as pool:
        return list(pool.map(one, requests))


def main() -> None:
    """Make the connections that the arguments or the standard input name; print their outcomes."""
    if sys.argv[1] == "all":
        print("\n".join(probe_all(json.load(sys.stdin))))
        return
    source_port, padding_bytes = ([int(text) for text in sys.argv[5:]] + [0, 0])[:2]
    print(probe(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), source_port, padding_bytes))


if __name__ == "__main__":
    main()
