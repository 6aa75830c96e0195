"""Records the packets that enter or leave by any link of a namespace, in order of time.

Source: packet(7); net/core/dev.c (taps see a packet before PREROUTING, and after POSTROUTING)
"""

import errno
import ipaddress
import select
import socket
import struct
from collections.abc import Iterable, Iterator

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP
from hairpin.network.prefix import Version
from hairpin.replica.judgement import Sighting

_ETH_P_ALL, _ETH_P_IP, _ETH_P_IP6 = 0x0003, 0x0800, 0x86DD
SO_TIMESTAMPNS = 35
_OUTGOING = 4
_IGMP = 2
_SO_RCVBUFFORCE = 33
_SYN, _RST, _ACK = 0x02, 0x04, 0x10
_DNS_HEADER = 12
_NEIGHBOUR_DISCOVERY, _SOLICITATION = range(130, 144), 135


def _is_about_discovery(message: bytes) -> bool:
    """Return whether an ICMPv6 message is an error about neighbour discovery.  An error about neighbour discovery does
    not belong to the flow."""
    inner = message[8:]
    return len(inner) > 40 and message[0] < 128 and inner[6] == ICMP6 and inner[40] in _NEIGHBOUR_DISCOVERY


def _tag(transport: bytes, number: int, version: Version) -> int | None:
    """Return the number that the packet has at every hop; see ``Sighting.tag``."""
    if number == TCP and len(transport) >= 14:
        flags = transport[13]
        sequence, acknowledged = struct.unpack_from(">II", transport, 4)
        if flags & _SYN and not flags & _ACK:
            return int(sequence)
        return (int(acknowledged) - 1) & 0xFFFFFFFF if flags & _ACK and flags & (_SYN | _RST) else None
    if number == UDP and len(transport) >= 8 + _DNS_HEADER:
        return int.from_bytes(transport[8:10])
    if number in (ICMP, ICMP6) and len(transport) >= 8:
        if transport[0] in ((0, 8) if number == ICMP else (128, 129)):
            return int.from_bytes(transport[6:8])
        return _tag_of_quoted(transport[8:], version)
    return None


def _tag_of_quoted(data: bytes, version: Version) -> int | None:
    """Return the initial sequence number of the SYN that an ICMP error quotes; None if it quotes another packet."""
    if len(data) < 20 or data[0] >> 4 != version:
        return None
    start, number = ((data[0] & 15) * 4, data[9]) if version == 4 else (40, data[6])
    return int.from_bytes(data[start + 4 : start + 8]) if number == TCP and len(data) >= start + 8 else None


class Tap:
    """The tap of one namespace."""

    def __init__(self, netns: Netns) -> None:
        """Open the tap in the process's present namespace."""
        self.netns = netns
        self.solicited: set[int] = set()
        """The IPv6 addresses for which neighbour solicitations on the namespace's links have asked."""
        self.socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ALL)
        )
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 4 << 20)

    def read(self) -> list[Sighting]:
        """Return the sightings since the last reading."""
        found: list[Sighting] = []
        while True:
            try:
                data, control, _, sender = self.socket.recvmsg(256, 64)
            except BlockingIOError:
                return found
            except OSError as error:
                if error.errno == errno.ENETDOWN:  # a link went down, which the kernel reports once
                    continue
                raise
            sighting = self._sighting(data, control, sender)
            if sighting is not None:
                found.append(sighting)

    def _sighting(
        self, data: bytes, control: list[tuple[int, int, bytes]], sender: tuple[str, int, int, int, bytes]
    ) -> Sighting | None:
        link, protocol, kind = sender[0], sender[1], sender[2]
        seconds, nanoseconds = struct.unpack("@ll", control[0][2]) if control else (0, 0)
        at = seconds * 1_000_000_000 + nanoseconds
        if protocol == _ETH_P_IP and len(data) >= 20:
            start, number = (data[0] & 15) * 4, data[9]
            source, destination = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
            if number == _IGMP:
                return None
            return self._with_ports(data, at, link, kind, 4, (source, destination), number, start)
        if protocol == _ETH_P_IP6 and len(data) >= 40:
            source, destination = (str(ipaddress.IPv6Address(data[at : at + 16])) for at in (8, 24))
            start, number = 40, data[6]
            if number == ICMP6 and len(data) > start and data[start] in _NEIGHBOUR_DISCOVERY:
                if data[start] == _SOLICITATION:
                    self.solicited.add(int.from_bytes(data[start + 8 : start + 24]))
                return None
            if number == ICMP6 and _is_about_discovery(data[start:]):
                return None
            if number == 0:  # hop-by-hop options: multicast listener reports
                return None
            return self._with_ports(data, at, link, kind, 6, (source, destination), number, start)
        return None

    def _with_ports(
        self,
        data: bytes,
        at: int,
        link: str,
        kind: int,
        version: Version,
        ends: tuple[str, str],
        number: int,
        start: int,
    ) -> Sighting:
        transport = data[start:]
        sport = dport = icmp = None
        flags = 0
        quoted: tuple[int, ...] = ()
        if number in (TCP, UDP) and len(transport) >= 4:
            sport, dport = struct.unpack_from(">HH", transport)
        if number == TCP and len(transport) >= 14:
            flags = transport[13]
        if number in (ICMP, ICMP6) and len(transport) >= 2:
            icmp = transport[0] << 8 | transport[1]
            quoted = quoted_ports(transport[8:], version)
        tag = _tag(transport, number, version)
        return Sighting(
            at, self.netns, link, kind == _OUTGOING, version, *ends, number, sport, dport, flags, icmp, quoted, tag
        )

    def close(self) -> None:
        """Close the tap."""
        self.socket.close()


class Taps:
    """All taps of a replica.  Only the taps that have seen packets are read."""

    def __init__(self, taps: Iterable[Tap]) -> None:
        self._taps = {each.socket.fileno(): each for each in taps}
        self._ready = select.epoll()
        for number in self._taps:
            self._ready.register(number, select.EPOLLIN)

    def read(self) -> Iterator[Sighting]:
        """Yield the sightings since the last reading."""
        for number, _ in self._ready.poll(0, len(self._taps)):
            yield from self._taps[number].read()


def quoted_ports(data: bytes, version: Version) -> tuple[int, ...]:
    """Return the ports of the packet that an ICMP error quotes; empty if the error quotes no packet, or a packet of a
    protocol without ports."""
    if len(data) < 20 or data[0] >> 4 != version:
        return ()
    start, number = ((data[0] & 15) * 4, data[9]) if version == 4 else (40, data[6])
    if number not in (TCP, UDP) or len(data) < start + 4:
        return ()
    ports: tuple[int, int] = struct.unpack_from(">HH", data, start)
    return ports
