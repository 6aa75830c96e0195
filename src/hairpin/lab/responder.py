"""Answers on one port: a page by TCP, an echo by UDP.  Runs as a plain script inside a namespace or a container.

``python -I -S responder.py tcp ADDRESS PORT`` prints ``ready`` once it listens and serves until it is killed.
"""

import socket
import sys
from typing import NoReturn


def serve_tcp(sock: socket.socket) -> NoReturn:
    sock.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        connection, _peer = sock.accept()
        with connection:
            connection.settimeout(2)
            try:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
            except OSError:  # the probe has closed its connection, so the next probe is served
                continue


def serve_udp(sock: socket.socket) -> NoReturn:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        data, peer = sock.recvfrom(4096)
        sock.sendto(data, peer)


def main() -> None:
    protocol, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if protocol == "udp":
            serve_udp(sock)
        serve_tcp(sock)


if __name__ == "__main__":
    main()
