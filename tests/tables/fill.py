"""Writes so many UDP entries, of which the first are ASSURED, into the connection table of its namespace.

``python -m tests.tables.fill COUNT ASSURED``

The message of one entry is the pattern of all: to ask for an answer to each would take a minute.
"""

import socket
import sys

from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_SEEN_REPLY
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.replica.run.ctnetlink import NETLINK_NETFILTER, request

_SOURCES, _TO, _PORT = 0x0A000000, 0xC6336414, 9999
_PORTS = 60000
_ADDRESS_MARK, _PORT_MARK = 0xDEADBEEF, 0xFACE


def pattern(*, assured: bool) -> bytes:
    """Return the message of an entry with marks for the source's address and port, each twice."""
    forth = Tuple(_ADDRESS_MARK, _TO, UDP, _PORT_MARK, _PORT)
    status = STATUS_CONFIRMED | STATUS_SEEN_REPLY | (STATUS_ASSURED if assured else 0)
    return request(Connection(4, forth, forth.reversed(), status, timeout_s=3600), answered=False)


def fill(count: int, assured: int) -> None:
    """Write the entries."""
    patterns = pattern(assured=False), pattern(assured=True)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as channel:
        for number in range(count):
            address, port = _SOURCES + number // _PORTS, 1024 + number % _PORTS
            message = patterns[number < assured].replace(_ADDRESS_MARK.to_bytes(4), address.to_bytes(4))
            channel.send(message.replace(_PORT_MARK.to_bytes(2), port.to_bytes(2)))


if __name__ == "__main__":
    fill(int(sys.argv[1]), int(sys.argv[2]))
