"""Exchanges data with services and serves such exchanges; runs as a plain script inside a network namespace.

``python -I -S exchange.py ask`` reads a JSON list of ``[PROTOCOL, ADDRESS, PORT, SECONDS, SOURCE_PORT, SOURCE, NAME]``
and
prints a JSON list of ``[ERRNO, WORD]``.  ERRNO is 0 if a whole answer came, -1 if it did not come in time, -2 if the
connection was closed without one.  WORD is the answer's first, which names the service.  A TCP request fills three
segments and its answer forty, so that a path which carries handshakes only is seen.

``exchange.py serve NAME PROTOCOL/PORT…`` prints ``ready`` and answers by that name until it is killed.
"""

import json
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

REQUEST_BYTES = 4000
ANSWER_BYTES = 60_000
LATE, EMPTY = -1, -2
_ADDRESS_BYTES = 16
_RECVERR, _RECVERR_V6 = (socket.IPPROTO_IP, 11), (socket.IPPROTO_IPV6, 25)
"""``IP_RECVERR`` of include/uapi/linux/in.h, ``IPV6_RECVERR`` of in6.h: Python names neither."""
Request = tuple[str, str, int, float, int, str, str]


def exchange(
    protocol: str, address: str, port: int, seconds: float, source_port: int, source: str, name: str
) -> tuple[int, str]:
    """Send a request and read its whole answer.  Of UDP it is a query for ``name``: a resolver answers, an echo too.

    Most ICMP errors about a datagram reach a socket only if it asks for them, as glibc's resolver does: icmp(7)
    ``IP_RECVERR``; net/ipv4/udp.c __udp4_lib_err(), net/ipv4/icmp.c icmp_err_convert[].  ``rejected`` means that the
    error reaches the sender.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as sock:
        sock.settimeout(seconds)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if protocol == "udp":
            sock.setsockopt(*(_RECVERR_V6 if family == socket.AF_INET6 else _RECVERR), 1)
        try:
            sock.bind((source, source_port))
            sock.connect((address, port))
            if protocol == "udp":
                sock.send(_query(name))
                return 0, sock.recv(4096)[:2].hex()
            sock.sendall(b"GET / HTTP/1.0\r\nX-Padding: " + b"x" * REQUEST_BYTES + b"\r\n\r\n")
            return _answer(sock)
        except TimeoutError:
            return LATE, ""
        except OSError as error:
            return error.errno or LATE, ""


def _query(name: str) -> bytes:
    """Return a DNS query for an IPv4 address (RFC 1035)."""
    return b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + bytes((len(name),)) + name.encode() + b"\0\0\x01\0\x01"


def _answer(sock: socket.socket) -> tuple[int, str]:
    parts: list[bytes] = []
    while part := sock.recv(65536):
        parts.append(part)
    answer = b"".join(parts)
    if not answer:
        return EMPTY, ""
    body = answer.partition(b"\r\n\r\n")[2]
    return 0, (body.split(maxsplit=1) or [b""])[0].decode(errors="replace")[:40]


def page(name: str) -> bytes:
    """Return a page that names its service and fills some forty segments."""
    return f"{name}\n".encode() + b"." * ANSWER_BYTES + b"\n"


def _serve(spec: str, name: str) -> None:
    protocol, port = spec.split("/")
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    try:
        sock = socket.socket(socket.AF_INET6, kind)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        any_address = "::"
    except OSError:
        sock, any_address = socket.socket(socket.AF_INET, kind), ""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((any_address, int(port)))
    except OSError:
        return  # a container on the host's network finds the port taken
    serving = partial(_echo, sock) if protocol == "udp" else partial(_accept, sock, name)
    threading.Thread(target=serving, daemon=True).start()


def _echo(sock: socket.socket) -> None:
    """Answer from the address that was asked, as a resolver does: of several the kernel would choose another.  The link
    (``ipi6_ifindex``) is the routes' choice: with the link of the request there may be no way back."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    while True:
        data, told, _, peer = sock.recvmsg(4096, 256)
        asked = [(level, kind, each[:_ADDRESS_BYTES].ljust(len(each), b"\0")) for level, kind, each in told]
        with suppress(OSError):  # no way back to this one
            sock.sendmsg([data], asked, 0, peer)


def _accept(sock: socket.socket, name: str) -> None:
    sock.listen(64)
    while True:
        connection, _ = sock.accept()
        threading.Thread(target=_serve_one, args=(connection, name), daemon=True).start()


def _serve_one(connection: socket.socket, name: str) -> None:
    with connection:
        connection.settimeout(60)  # a connection may be held open before it asks
        try:
            request = b""
            while b"\r\n\r\n" not in request and (part := connection.recv(65536)):
                request += part
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + page(name))
        except OSError:
            return


def main() -> None:
    """Ask or serve, as the arguments say."""
    if sys.argv[1] == "serve":
        for spec in sys.argv[3:]:
            _serve(spec, sys.argv[2])
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        threading.Event().wait()
    requests: list[Request] = json.load(sys.stdin)
    with ThreadPoolExecutor(max(1, len(requests))) as pool:
        json.dump(list(pool.map(_exchanged, requests)), sys.stdout)


def _exchanged(request: Request) -> tuple[int, str]:
    return exchange(*request)


if __name__ == "__main__":
    main()
