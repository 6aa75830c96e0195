"""Sends real probes from the network namespace that this process is in.

A probe of TCP is a connection: a SYN, and a close if it is accepted.  No data is sent.  A probe of UDP is an empty
datagram, or on port 53 a query for the name servers of the root.  A probe of ICMP is one echo request.  No probe goes
to a broadcast or multicast address: ``standpoint`` refuses those.

The probes have source ports of one block, so that a filter of the kernel recognises them.  A probe of TCP is given up
before the kernel would send its SYN again (one second after the first), so each probe is exactly one SYN.

Source: tcp(7), icmp(7), RFC 1035 4.1; net/ipv4/tcp_timer.c, TCP_TIMEOUT_INIT
"""

import errno
import select
import socket
import struct
import time
from collections.abc import Callable

import msgspec

from hairpin.judges.observation import ProbeAttempt
from hairpin.network.flow import Protocol
from hairpin.network.prefix import Version

TCP_PATIENCE_S = 0.9
UDP_PATIENCE_S = 2.0
SPACE_S = 0.2
"""The time from one probe to the next."""
BLOCK = 256
"""The number of source ports of a block.  A port that another socket has is left out."""
_CLOSED_WITHIN_S = 0.25
"""The time for which an accepted connection is held where a relay accepts: docker-proxy accepts at once, and closes
when its own connection to the container is refused."""
_DNS = 53
_LATER = (errno.EINPROGRESS, errno.EAGAIN)
_TOLD = (
    errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPROTO,
    errno.ENOPROTOOPT, errno.EHOSTDOWN, errno.ENONET,
)  # fmt: skip
"""The errors that a RST, an ICMP error or a route tells."""


class ProbeOrder(msgspec.Struct, frozen=True):
    """What is sent: ``count`` probes to one address and port.

    ``source``: the address to which the sender binds; empty if the kernel chooses it.  ``first_sport``: the first
    source port of the block.  ``relayed``: whether a relay accepts the connection, and an accepted one that is closed
    at once counts as refused."""

    protocol: Protocol
    version: Version
    address: str
    port: int
    count: int
    first_sport: int
    source: str = ""
    relayed: bool = False

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET if self.version == 4 else socket.AF_INET6

    @property
    def patience_s(self) -> float:
        """The time in seconds within which an answer counts."""
        return TCP_PATIENCE_S if self.protocol == "tcp" else UDP_PATIENCE_S


class _Probe:
    """A probe under way.  ``number``: its place in the order of sending."""

    def __init__(self, number: int, sock: socket.socket, sport: int) -> None:
        self.number = number
        self.sock = sock
        self.sport = sport
        self.started = time.monotonic()
        self.latency_ms: float | None = None

    def attempt(self, outcome: str, said: str = "") -> ProbeAttempt:
        known = {"answered": "answered", "refused": "refused"}.get(outcome)
        latency = (time.monotonic() - self.started) * 1000
        if known == "answered":
            return ProbeAttempt("answered", latency if self.latency_ms is None else self.latency_ms, self.sport, said)
        return (
            ProbeAttempt("refused", latency, self.sport, said)
            if known
            else ProbeAttempt("silent", None, self.sport, said)
        )


def send_probes(order: ProbeOrder, meanwhile: Callable[[], None] = lambda: None) -> tuple[ProbeAttempt, ...]:
    """Send the probes, and return their outcomes in the order of sending.

    ``meanwhile`` is called again and again while answers are awaited."""
    return _Round(order, meanwhile).all()


class _Round:
    """The probes of one order, each sent some time after the one before, whether or not that is answered yet."""

    def __init__(self, order: ProbeOrder, meanwhile: Callable[[], None]) -> None:
        self._order = order
        self._meanwhile = meanwhile
        self._found: dict[int, ProbeAttempt] = {}
        self._waiting: dict[int, _Probe] = {}
        self._ports = iter(range(order.first_sport, order.first_sport + BLOCK))
        self._ready = select.epoll()

    def all(self) -> tuple[ProbeAttempt, ...]:
        began, started = time.monotonic(), 0
        try:
            while started < self._order.count or self._waiting:
                now = time.monotonic()
                if started < self._order.count and now >= began + started * SPACE_S:
                    self._start(started)
                    started += 1
                else:
                    due = began + started * SPACE_S if started < self._order.count else now + 1
                    ends = [self._until(each) for each in self._waiting.values()]
                    self._wait(max(0.0, min(due, *ends) - now) if ends else max(0.0, due - now))
                self._meanwhile()
        finally:
            for each in self._waiting.values():
                each.sock.close()
            self._ready.close()
        return tuple(self._found[number] for number in range(self._order.count))

    def _until(self, probe: _Probe) -> float:
        if probe.latency_ms is not None:
            return probe.started + probe.latency_ms / 1000 + _CLOSED_WITHIN_S
        return probe.started + self._order.patience_s

    def _start(self, number: int) -> None:
        """Send the next probe."""
        try:
            sock, sport = self._bound_socket()
        except OSError as error:
            self._found[number] = ProbeAttempt("could-not-try", said=_name(error.errno))
            return
        probe = _Probe(number, sock, sport)
        try:
            self._send(probe)
        except OSError as error:
            self._end(probe, _refused_or_not(probe, error.errno or 0))
            return
        self._waiting[sock.fileno()] = probe
        self._ready.register(sock.fileno(), select.EPOLLOUT if self._order.protocol == "tcp" else select.EPOLLIN)

    def _bound_socket(self) -> tuple[socket.socket, int]:
        """Return a socket of the order's protocol, and its source port.  Raises OSError."""
        order = self._order
        if order.protocol == "icmp":
            kind = socket.IPPROTO_ICMP if order.version == 4 else socket.IPPROTO_ICMPV6
            sock = socket.socket(order.family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, kind)
            if order.source:
                sock.bind((order.source, 0))
            return sock, next(self._ports)
        kind = socket.SOCK_STREAM if order.protocol == "tcp" else socket.SOCK_DGRAM
        for port in self._ports:
            sock = socket.socket(order.family, kind | socket.SOCK_NONBLOCK)
            try:
                sock.bind((order.source, port))
            except OSError as error:
                sock.close()
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            return sock, port
        raise OSError(errno.EADDRINUSE, "no free source port")

    def _send(self, probe: _Probe) -> None:
        order = self._order
        if order.protocol == "icmp":
            probe.sock.connect((order.address, 0))
            probe.sock.send(_echo(order.version, probe.sport, probe.number))
            return
        code = probe.sock.connect_ex((order.address, order.port))
        if code not in (0, *_LATER):
            raise OSError(code, _name(code))
        if order.protocol == "udp":
            probe.sock.send(_root_query(probe.sport) if order.port == _DNS else b"")

    def _wait(self, seconds: float) -> None:
        for descriptor, _ in self._ready.poll(min(seconds, 0.05)):
            self._hear(self._waiting[descriptor])
        now = time.monotonic()
        for each in [each for each in self._waiting.values() if self._until(each) <= now]:
            self._end(each, each.attempt("answered" if each.latency_ms is not None else "silent"))

    def _hear(self, probe: _Probe) -> None:
        """Take what the socket tells."""
        order = self._order
        code = probe.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            relayed = probe.latency_ms is not None
            self._end(probe, probe.attempt("refused", _name(code)) if relayed else _refused_or_not(probe, code))
        elif order.protocol == "tcp" and probe.latency_ms is None:
            if not order.relayed:
                self._end(probe, probe.attempt("answered"))
                return
            probe.latency_ms = (time.monotonic() - probe.started) * 1000
            self._ready.modify(probe.sock.fileno(), select.EPOLLIN)
        else:
            self._receive(probe)

    def _receive(self, probe: _Probe) -> None:
        try:
            data = probe.sock.recv(2048)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(probe, _refused_or_not(probe, error.errno or 0))
            return
        if self._order.protocol == "tcp" and not data:
            self._end(probe, probe.attempt("refused", "EOF"))
        elif self._order.protocol != "icmp" or _is_answer(data, self._order.version, probe.sport, probe.number):
            self._end(probe, probe.attempt("answered"))

    def _end(self, probe: _Probe, attempt: ProbeAttempt) -> None:
        if self._waiting.pop(probe.sock.fileno(), None) is not None:
            self._ready.unregister(probe.sock.fileno())
        probe.sock.close()
        self._found[probe.number] = attempt


def _refused_or_not(probe: _Probe, code: int) -> ProbeAttempt:
    """Return the attempt that ended with this error.  An error of this machine says nothing about the network, except
    that a rule of OUTPUT refused the packet (EPERM)."""
    if code in _TOLD:
        return probe.attempt("refused", _name(code))
    if code in (errno.ETIMEDOUT, errno.EPERM):
        return probe.attempt("silent", _name(code))
    return ProbeAttempt("could-not-try", said=_name(code))


def _name(code: int | None) -> str:
    return errno.errorcode.get(code or 0, str(code))


def _root_query(number: int) -> bytes:
    """Return a DNS query for the name servers of the root, with that id."""
    return struct.pack(">HHHHHHBHH", number, 0x0100, 1, 0, 0, 0, 0, 2, 1)


def _echo(version: Version, identity: int, number: int) -> bytes:
    """Return an echo request.  The kernel fills in the checksum of ICMPv6."""
    kind = 8 if version == 4 else 128
    head = struct.pack(">BBHHH", kind, 0, 0, identity, number)
    if version == 6:
        return head
    total = sum(struct.unpack(">4H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">BBHHH", kind, 0, ~total & 0xFFFF, identity, number)


def _is_answer(data: bytes, version: Version, identity: int, number: int) -> bool:
    start = (data[0] & 15) * 4 if version == 4 and data else 0
    if len(data) < start + 8 or data[start] != (0 if version == 4 else 129):
        return False
    return struct.unpack_from(">HH", data, start + 4) == (identity, number)
