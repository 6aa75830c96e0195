"""Asks for pages until all come: ``python -I -S client.py ADDRESS PORTS`` in the client.

A line ``pass`` on standard input waits until each port has brought a page, and prints when the last one did, in seconds
since the epoch.  A line ``fail`` waits until one port brings none.
"""

import socket
import sys
import time

_WAIT_S, _MOST_S = 0.08, 240.0


def has_page(address: str, port: int, wait_s: float = _WAIT_S) -> bool:
    """Return whether a new connection brings a page."""
    try:
        with socket.create_connection((address, port), wait_s) as sock:
            sock.settimeout(wait_s)
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return bool(sock.recv(100))
    except OSError:
        return False


def main() -> None:
    """Answer the lines."""
    address, ports = sys.argv[1], [int(each) for each in sys.argv[2].split(",")]
    for line in sys.stdin:
        until = time.monotonic() + _MOST_S
        left = list(ports)
        if line.strip() == "fail":
            while time.monotonic() < until and all(has_page(address, each) for each in ports):
                pass
        while line.strip() == "pass" and left and time.monotonic() < until:
            left = [each for each in left if not has_page(address, each)]
        print(time.time() if time.monotonic() < until else -1, flush=True)


if __name__ == "__main__":
    main()
