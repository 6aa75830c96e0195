"""Writes so many UDP entries, of which the first are ASSURED, into the connection table of its namespace.

``python -m tests.tables.fill COUNT ASSURED``
"""

import socket
import sys

from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_SEEN_REPLY
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.replica.run.ctnetlink import write

_SOURCES, _TO, _PORT = 0x0A000000, 0xC6336414, 9999
_PORTS = 60000


def entry(number: int, *, assured: bool) -> Connection:
    """Return the entry of that number."""
    forth = Tuple(_SOURCES + number // _PORTS, _TO, UDP, 1024 + number % _PORTS, _PORT)
    status = STATUS_CONFIRMED | STATUS_SEEN_REPLY | (STATUS_ASSURED if assured else 0)
    return Connection(4, forth, forth.reversed(), status, timeout_s=3600)


if __name__ == "__main__":
    count, assured = map(int, sys.argv[1:])
    told = {said for said in write(entry(number, assured=number < assured) for number in range(count)) if said}
    print(*told or ("ok",), socket.gethostname())
