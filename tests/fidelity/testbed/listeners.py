"""Sockets that rules can match: each line is ``PROTOCOL ADDRESS PORT``. They answer nothing, since the hunt takes
packets before.
"""

import os
import socket

from tests.fidelity.testbed.netns import Netns

SHOWN = ("ss", "-n", "-l", "-e", "-t", "-u", "-p")


def opened(netns: Netns, lines: tuple[str, ...]) -> tuple[socket.socket, ...]:
    """Return the sockets; lines whose address cannot be bound are left out."""
    found: list[socket.socket] = []
    with netns.entered():
        for line in lines:
            protocol, address, port = line.split()
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            made = socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # An answer of the flow comes from the same port.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                made.bind((address, int(port)))
                if protocol == "tcp":
                    made.listen()
            except OSError:
                made.close()
                continue
            found.append(made)
    return tuple(found)


def as_relays(text: str) -> tuple[str, str]:
    """Return the output of ``ss`` as if docker-proxy had the sockets, and docker-proxy's command line: hairpin knows
    only of docker-proxy's sockets whether they are transparent.
    """
    pid = os.getpid()
    argv = "-proto tcp -host-ip 0.0.0.0 -host-port 80 -container-ip 172.18.0.2 -container-port 80"
    name = f'users:(("docker-proxy",pid={pid},fd=4))'
    lines = [
        " ".join(name if word.startswith("users:") else word for word in line.split()) for line in text.split("\n")
    ]
    return "\n".join(lines), f"{pid}\tdocker-proxy {argv}\n"
