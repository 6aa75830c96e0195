"""Connections that go on while rules are put back: ``python -I -S held.py ADDRESS PORTS COUNT`` in the client.

Each sends one line of a request every 50 ms, and is alive while the other end acknowledges it.  Commands come by lines:
``alive`` prints how many are, ``stall`` prints the longest time (in ms) that one of them has waited for its
acknowledgement since the last such question, and ``end`` ends the requests and prints how many bring a whole answer.
"""

import fcntl
import select
import socket
import struct
import sys
import time

_EVERY_S, _CONNECT_S = 0.05, 5.0
_SIOCOUTQ = 0x5411


def unacknowledged(sock: socket.socket) -> int:
    """Return how many bytes the other end has not acknowledged."""
    return int(struct.unpack("i", fcntl.ioctl(sock, _SIOCOUTQ, b"\0" * 4))[0])


def whole(sock: socket.socket) -> bool:
    """End the request; return whether a page comes."""
    try:
        sock.setblocking(True)
        sock.settimeout(_CONNECT_S)
        sock.sendall(b"\r\n")
        size = 0
        while part := sock.recv(65536):
            size += len(part)
    except OSError:
        return False
    return size > 0


def main() -> None:
    """Open, send, answer the commands."""
    address, ports, count = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
    socks = [socket.create_connection((address, int(ports[n % len(ports)])), _CONNECT_S) for n in range(count)]
    for sock in socks:
        sock.sendall(b"GET / HTTP/1.0\r\n")
        sock.setblocking(False)
    since = [time.monotonic()] * count
    stalled = 0.0
    print("open", flush=True)
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], _EVERY_S)
        now = time.monotonic()
        for number, sock in enumerate(socks):
            if unacknowledged(sock) == 0:
                since[number] = now
                try:
                    sock.send(b"X: y\r\n")
                except OSError:
                    since[number] = 0.0
            else:
                stalled = max(stalled, now - since[number])
        if ready:
            match sys.stdin.readline().strip():
                case "alive":
                    print(sum(now - each < 0.6 for each in since), flush=True)
                case "stall":
                    print(int(stalled * 1000), flush=True)
                    stalled = 0.0
                case _:
                    print(sum(map(whole, socks)), flush=True)
                    return


if __name__ == "__main__":
    main()
