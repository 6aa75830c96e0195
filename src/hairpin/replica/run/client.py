"""The client of a flow: a real socket in the namespace where the flow starts, bound to the flow's source address, and
the result of its attempt."""

import fcntl
import selectors
import socket
import struct
import termios
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from hairpin.netfilter.packet import UDP, Packet
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.prefix import LINK_LOCAL6, address_text, parse_address
from hairpin.replica.judgement import Sighting
from hairpin.replica.plan.blueprint import Way
from hairpin.replica.run.serving import Loop, connect_error, hear_errors
from hairpin.replica.watch.drops import Drops, may_be_the_flows
from hairpin.replica.watch.tap import Tap, Taps
from hairpin.walk.ip.refusal import ERRORS

QUESTION = b"GET / HTTP/1.0\r\n\r\n"
_SILENCE_S = 0.3
"""After this many seconds without any event the packet counts as lost.  Within one machine a packet arrives almost at
once."""
_CONFIRMED_S = 0.01
"""After this many seconds without any event the packet counts as lost if the kernel's counters confirm that it was
dropped."""
_TURN_S = 0.002
"""The longest time in seconds that one turn of the loop waits."""
_TOO_BIG = (ERRORS["icmp-frag-needed"], ERRORS["icmp6-too-big"])
"""The ICMP errors after which a sender sends its data again in smaller segments.

After some of these errors the sender first waits for its timeout of 0.2 s (TCP_RTO_MIN)."""
_BUSY_S = 0.5
"""For at most this many seconds, a packet that waits on a CPU counts as a packet of the flow.

The time is limited because a busy machine always has waiting packets.  TCP retransmits after one second, and the kernel
gives up a neighbour that does not answer after three seconds."""
_LIMIT_S = 5.0
_LENGTH = Packet(4, 0, 0, UDP).length_bytes
_IP_TRANSPARENT, _IPV6_TRANSPARENT = 19, 75


class Experience(msgspec.Struct, frozen=True):
    """The client's result.

    ``kind``: an ``answer``, an ``error``, ``closed`` if the other side closed the connection without data, or
    ``silence``.  ``errno``: the number of the error.  ``at_once``: whether the client's own kernel reported the error
    before it sent a packet.  ``connected``: whether the TCP handshake was complete.  ``taken``: whether the client's
    data was acknowledged."""

    kind: Literal["answer", "error", "closed", "silence"]
    errno: int = 0
    at_once: bool = False
    connected: bool = False
    taken: bool = False


class Attempt(msgspec.Struct, frozen=True):
    """One attempt: the client's experience, the packets that the taps saw, and the kernel's reasons for drops."""

    experience: Experience
    sightings: tuple[Sighting, ...]
    reasons: tuple[str, ...]


def was_told_mtu(seen: Iterable[Sighting]) -> bool:
    """Return whether one of the packets is an ICMP error that reports a smaller MTU."""
    return any(each.icmp in _TOO_BIG for each in seen)


class NothingMoreComes(Protocol):
    """A function that tells from the packets that were seen whether no answer can come any more.  ``dropped``: whether
    the kernel may have dropped a packet."""

    def __call__(self, seen: tuple[Sighting, ...], /, *, dropped: bool) -> bool: ...


class Client:
    """Sends a flow's packets and watches for the result."""

    def __init__(self, loop: Loop, taps: tuple[Tap, ...], drops: Drops, nothing_more_comes: NothingMoreComes) -> None:
        self._nothing_more_comes = nothing_more_comes
        self._loop = loop
        self._taps = Taps(taps)
        self._drops = drops
        self._experience: Experience | None = None
        self._connected = False
        self._seen: list[Sighting] = []
        self._reasons: list[str] = []
        self._flow: Flow | None = None
        self._before: set[int] = set()

    def attempt(self, flow: Flow, source: str | None, destination: str, way: Way | None = None) -> Attempt:
        """Send the flow's packets from the process's present namespace.

        ``source``: None if the kernel chooses the source address.

        ``way``: the way by which an outside client sends; None for a client inside a host."""
        self._look()
        self._seen, self._reasons, self._connected = [], [], False
        self._flow = flow
        self._experience = None
        opened = self._begin(flow, source, destination, way)
        if opened is not None:
            self._wait()
        self._look()
        experience = self._known(opened)
        if flow.protocol != "icmp":
            self._before.add(flow.sport)
        if opened is not None:
            self._loop.forget(opened)
        return Attempt(experience, tuple(sorted(self._seen, key=lambda each: each.at_ns)), tuple(self._reasons))

    def _begin(self, flow: Flow, source: str | None, destination: str, way: Way | None) -> socket.socket | None:
        family = socket.AF_INET if flow.version == 4 else socket.AF_INET6
        everywhere = "0.0.0.0" if flow.version == 4 else "::"
        opened = _open(flow, family)
        if flow.protocol != "tcp":
            hear_errors(opened)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if isinstance(flow.start, (Outside, Lan)):
                _send_from_any_address(opened, flow)
            if way is not None:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, way.mark)
            if flow.protocol == "tcp":
                # A closed connection does not linger.  Therefore the same port can be used again.
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if flow.protocol != "icmp":
                opened.bind(_end(source or everywhere, flow.sport, way))
            elif source is not None:
                opened.bind(_end(source, 0, way))
            if flow.protocol == "tcp":
                with suppress(BlockingIOError):  # EINPROGRESS
                    opened.connect(_end(destination, flow.dport, way))
                self._loop.watch(opened, selectors.EVENT_WRITE, lambda: self._handshaken(opened))
            else:
                opened.connect(_end(destination, 0 if flow.protocol == "icmp" else flow.dport, way))
                if way is not None and _is_link_local(destination) and not _is_link_local(source or everywhere):
                    # connect() has bound the socket to the wire's link, but an answer may arrive by another link.
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"")
                opened.send(_datagram(flow))
                self._loop.watch(opened, selectors.EVENT_READ, lambda: self._answered(opened, flow))
        except OSError as error:
            self._experience = Experience("error", error.errno or 0, at_once=True)
            opened.close()
            return None
        return opened

    def _handshaken(self, opened: socket.socket) -> None:
        failed = connect_error(opened)
        if failed:
            self._experience = Experience("error", failed)
            return
        self._connected = True
        self._loop.watch(opened, selectors.EVENT_READ, lambda: self._answered(opened, None))
        try:
            opened.send(QUESTION.ljust(self._flow.data_bytes if self._flow is not None else 0))
        except OSError as error:
            self._experience = Experience("error", error.errno or 0, connected=True)

    def _answered(self, opened: socket.socket, flow: Flow | None) -> None:
        try:
            data = opened.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._experience = Experience("error", error.errno or 0, connected=self._connected)
            return
        if flow is not None and flow.protocol == "icmp" and not _is_reply(data, flow):
            return
        self._experience = Experience("answer" if data else "closed", connected=self._connected)

    def _wait(self) -> None:
        """Serve all sockets until the client has its result, or until nothing more can happen."""
        began = quiet = heard = time.monotonic()
        patience, asked, turns = _CONFIRMED_S, False, 0
        while self._experience is None and time.monotonic() - began < _LIMIT_S:
            busy, turns = self._loop.turn(_TURN_S), turns + 1
            if self._look() or busy:
                heard = time.monotonic()
            if heard > quiet or (time.monotonic() - heard < _BUSY_S and not is_idle()):
                quiet = time.monotonic()
                patience, asked, turns = _CONFIRMED_S, False, 0
            # The time during which a machine was suspended does not count as silence.
            elif time.monotonic() - quiet > patience and turns * _TURN_S * 3 > patience:
                told = was_told_mtu(self._seen)
                if asked or (not told and self._nothing_more_comes(tuple(self._seen), dropped=self._dropped())):
                    return
                patience, asked = _SILENCE_S, True

    def _dropped(self) -> bool:
        """Return whether the kernel may have dropped a packet.

        A drop is possible if the kernel gave a drop reason, or if drop reasons cannot be seen on this machine."""
        return may_be_the_flows(self._reasons) or not self._drops.available

    def _look(self) -> bool:
        found = [seen for seen in self._taps.read() if not self._belated(seen)]
        self._seen += found
        self._reasons += self._drops.read()
        return bool(found)

    def _belated(self, seen: Sighting) -> bool:
        """Return whether the packet belongs to an earlier flow: a retransmitted answer, or a late ICMP error."""
        flow, ports = self._flow, {seen.sport, seen.dport, *seen.quoted}
        if flow is None or flow.sport in ports:
            return False
        return not ports.isdisjoint(self._before - {flow.sport, flow.dport})

    def _known(self, opened: socket.socket | None) -> Experience:
        """Return the client's result so far."""
        if self._experience is not None:
            return self._experience
        if opened is None:
            return Experience("silence", connected=self._connected)
        if self._connected:
            return Experience("silence", connected=True, taken=_unacknowledged(opened) == 0)
        # An ICMP error that comes while the socket is in use is only a soft error: net/ipv4/tcp_ipv4.c tcp_v4_err()
        failed = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return Experience("error", failed) if failed else Experience("silence")


def _open(flow: Flow, family: int) -> socket.socket:
    if flow.protocol == "icmp":
        number = socket.IPPROTO_ICMP if flow.version == 4 else socket.IPPROTO_ICMPV6
        return socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, number)
    kind = socket.SOCK_STREAM if flow.protocol == "tcp" else socket.SOCK_DGRAM
    return socket.socket(family, kind | socket.SOCK_NONBLOCK)


def _end(address: str, port: int, way: Way | None) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return the socket address.  A link-local address gets the index of the world's link."""
    if way is None or not _is_link_local(address):
        return address, port
    return address, port, 0, socket.if_nametoindex(way.wire)


def _is_link_local(address: str) -> bool:
    version, value = parse_address(address)
    return LINK_LOCAL6.holds(value, version)


def _send_from_any_address(opened: socket.socket, flow: Flow) -> None:
    """Let the socket send from an address that the world does not have.

    Source: net/ipv4/route.c ip_route_output_key_hash_rcu(): FLOWI_FLAG_ANYSRC; include/net/inet_sock.h
    inet_sk_flowi_flags()
    """
    if flow.version == 4:
        opened.setsockopt(socket.IPPROTO_IP, _IP_TRANSPARENT, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_TRANSPARENT, 1)


def _datagram(flow: Flow) -> bytes:
    """Return the data of the UDP datagram or the echo request.

    The data makes the packet as long as the walk's packet (netfilter/packet.py)."""
    header = (20 if flow.version == 4 else 40) + 8
    length = flow.data_bytes or _LENGTH - header
    if flow.protocol == "udp":
        return QUESTION.ljust(length)[:length]
    return _echo(flow) + bytes(length)


def _echo(flow: Flow) -> bytes:
    """Return the header of an echo request whose data is zeros.  The kernel fills in the checksum of ICMPv6 only."""
    kind = 8 if flow.version == 4 else 128
    plain = struct.pack(">BBHHH", kind, 0, 0, flow.dport & 0xFFFF, 1)
    total = sum(struct.unpack(">4H", plain))
    total = (total & 0xFFFF) + (total >> 16)
    return plain if flow.version == 6 else plain[:2] + struct.pack(">H", ~total & 0xFFFF) + plain[4:]


def _is_reply(data: bytes, flow: Flow) -> bool:
    start = (data[0] & 15) * 4 if flow.version == 4 else 0
    kind = 0 if flow.version == 4 else 129
    return (
        len(data) >= start + 6
        and data[start] == kind
        and data[start + 4 : start + 6] == struct.pack(">H", flow.dport & 0xFFFF)
    )


def _unacknowledged(opened: socket.socket) -> int:
    """Return the number of bytes that are unacknowledged or unsent.  Source: tcp(7) SIOCOUTQ"""
    (waiting,) = struct.unpack("=i", fcntl.ioctl(opened, termios.TIOCOUTQ, bytes(4)))
    return int(waiting)


def is_idle() -> bool:
    """Return whether no packet waits on any CPU.  Source: net/core/net-procfs.c softnet_seq_show()"""
    lines = Path("/proc/net/softnet_stat").read_text("ascii").splitlines()
    return all(len(words) < 12 or int(words[11], 16) == 0 for words in map(str.split, lines))


def source_of(flow: Flow) -> str | None:
    """Return the source address to which a flow that starts on a host binds its socket; None if the kernel chooses
    it."""
    address = getattr(flow.start, "address", None)
    return None if address is None else address_text(address, flow.version)
