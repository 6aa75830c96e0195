"""Listening TCP and bound UDP sockets from ``/proc/net/tcp``, ``tcp6``, ``udp``, ``udp6``, where there is no ``ss``.

    line := N ":" HEX ":" PORT  HEX ":" PORT  STATE  TX ":" RX  TIMER ":" WHEN  RETRANSMITS  UID TIMEOUT INODE …

An address is printed as 32-bit words of the machine, so its bytes stand in reverse order on little-endian ones.
Source: net/ipv4/tcp_ipv4.c get_tcp4_sock(), net/ipv6/udp.c udp6_seq_show(), include/net/tcp_states.h.
"""

from typing import Literal

import msgspec

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.host.read.ip.sockets_text import unmapped
from hairpin.host.read.processes import NOTHING, Processes, held_by
from hairpin.host.socket import Socket
from hairpin.message import message

_LISTEN, _UNCONNECTED = "0A", "07"


def parse(
    text: str,
    *,
    protocol: Literal["tcp", "udp"],
    version: Literal[4, 6],
    source: str,
    evidence: str = "",
    known: Processes = NOTHING,
) -> tuple[Socket, ...]:
    """Return the sockets of one of the four files; raise ParseError with the line.

    ``known``: what is known of their processes."""
    wanted = _LISTEN if protocol == "tcp" else _UNCONNECTED
    found: list[Socket] = []
    for line_number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or words[0] == "sl":
            continue
        try:
            if words[3] == wanted:
                socket = _socket(words, protocol, version, evidence, line_number)
                found.append(held_by(socket, known.holding(words[9]), known))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=source, line=line_number, text=line) from None
    return tuple(found)


def with_v6only(sockets: tuple[Socket, ...]) -> tuple[Socket, ...]:
    """Return the sockets with ``v6only`` set where an IPv4 wildcard has the same port: both cannot be bound otherwise.

    The files do not have the option; most IPv6 sockets take both versions.
    """
    taken = {(item.protocol, item.port) for item in sockets if item.version == 4 and item.address is None}
    return tuple(
        msgspec.structs.replace(item, v6only=True)
        if item.version == 6 and item.address is None and (item.protocol, item.port) in taken
        else item
        for item in sockets
    )


def _socket(
    words: list[str], protocol: Literal["tcp", "udp"], version: Literal[4, 6], evidence: str, line: int
) -> Socket:
    host, _, port = words[1].partition(":")
    raw = bytes.fromhex(host)
    if len(raw) != (4 if version == 4 else 16):
        raise MalformedError(message("{text!r} is not an address of IPv{version}", text=host, version=version))
    value = int.from_bytes(b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4)))
    version, value = unmapped(version, value)
    queue = words[4].partition(":")[2]
    return Socket(
        protocol=protocol,
        version=version,
        address=value or None,
        port=int(port, 16),
        uid=int(words[7]),
        queued=int(queue, 16) if protocol == "tcp" else None,
        evidence=evidence,
        entry=line if evidence else 0,
    )
