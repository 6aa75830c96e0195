"""Connections that are open while an event happens: opened before it, used after it.

``python -I -S held.py`` reads a JSON list of ``[ADDRESS, PORT, SOURCE_PORT, SOURCE]`` from its first line, opens each
connection, and prints ``open``.  After the next line of input it asks for a page on each, and prints a JSON list that
says which of them brought a whole answer.
"""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

_CONNECT_S, _ANSWER_S = 2.0, 4.0


def opened(request: tuple[str, int, int, str]) -> "socket.socket | None":
    """Return the open connection, or None."""
    address, port, source_port, source = request
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(_CONNECT_S)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((source, source_port))
        sock.connect((address, port))
    except OSError:
        sock.close()
        return None
    return sock


def answers(sock: "socket.socket | None") -> bool:
    """Return whether the connection still brings a whole answer."""
    if sock is None:
        return False
    with sock:
        sock.settimeout(_ANSWER_S)
        try:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            size = 0
            while part := sock.recv(65536):
                size += len(part)
        except OSError:
            return False
        return size > 0


def main() -> None:
    """Open, wait, ask."""
    requests = json.loads(sys.stdin.readline())
    with ThreadPoolExecutor(max(1, len(requests))) as pool:
        held = list(pool.map(opened, requests))
        sys.stdout.write("open\n")
        sys.stdout.flush()
        sys.stdin.readline()
        json.dump(list(pool.map(answers, held)), sys.stdout)


if __name__ == "__main__":
    main()
