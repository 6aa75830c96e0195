"""The servers of a replica: all sockets are in one process and one loop, and each socket is opened in the namespace of
its service.

Source: socket(7), ip(7), ipv6(7)
"""

import ctypes
import errno
import selectors
import socket
import struct
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.prefix import Version
from hairpin.replica.plan.blueprint import WORLD, NetnsPlan, Service, named
from hairpin.replica.run.netns import HeldNetns, entered

ANSWER = b"hairpin\n"
_IP_FREEBIND, _IP_PKTINFO, _IP_TRANSPARENT, _IPV6_FREEBIND = 15, 8, 19, 78
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_SO_REUSEPORT, _SO_ATTACH_FILTER = 15, 26
_DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
"""A socket filter that drops every packet: one instruction, BPF_RET | BPF_K with 0 bytes."""
MOST_DIALS = 16
"""If relays make more connections than this number, a relay connects to itself.

Each connection is counted once or twice."""
_PENDING = (errno.EINPROGRESS, errno.EAGAIN)
_OPEN = (1, 8)
"""The states of an open TCP connection: TCP_ESTABLISHED and TCP_CLOSE_WAIT (include/net/tcp_states.h)."""


@contextmanager
def _as_user(uid: int) -> Generator[None]:
    """Make this user the owner of the sockets that the ``with`` block opens: net/socket.c sock_alloc(),
    current_fsuid()."""
    if not uid:
        yield
        return
    libc = ctypes.CDLL(None)
    libc.setfsuid(uid)
    try:
        yield
    finally:
        libc.setfsuid(0)


class Happening(msgspec.Struct, frozen=True):
    """An event at a service: the service was ``reached`` (its process has read data), a relay begins to connect
    (``dialling``), or a relay's connect() has ended (``dialled``).  ``errno``: the error of the connect(); 0 if the
    relay is connected.  ``at_once``: whether the relay's own kernel refused to send.  ``version``: the IP version of
    the relay's own connection, which may differ from the client's; None if the service is no relay."""

    kind: Literal["reached", "dialling", "dialled"]
    netns: Netns
    port: int
    errno: int = 0
    at_once: bool = False
    version: Version | None = None


class Loop:
    """An event loop: calls a function for each socket that is ready to read or write."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, watched: socket.socket, events: int, call: Callable[[], None]) -> None:
        """Call the function whenever the socket is ready.  The function replaces the socket's earlier function."""
        try:
            self._selector.modify(watched, events, call)
        except KeyError:
            self._selector.register(watched, events, call)

    def forget(self, watched: socket.socket) -> None:
        """Close the socket and forget its function."""
        try:
            self._selector.unregister(watched)
        except (KeyError, ValueError):
            return
        watched.close()

    def turn(self, timeout_s: float) -> bool:
        """Serve the sockets that are ready; return whether there were any."""
        ready = self._selector.select(timeout_s)
        for key, _ in ready:
            key.data()
        return bool(ready)


class Servers:
    """The services of a replica."""

    def __init__(self, netns: dict[Netns, HeldNetns], home: HeldNetns, loop: Loop) -> None:
        self.happenings: list[Happening] = []
        self.answer_bytes = 0
        """The length in bytes to which the TCP services of rebuilt hosts extend their answers."""
        self.left_out: list[Message] = []
        self.held: list[tuple[Netns, Service, socket.socket]] = []
        self._calls: list[socket.socket] = []
        self._netns = netns
        self._home = home
        self._loop = loop

    def hang_up(self) -> None:
        """Close the connections of the last attempt and forget its events."""
        for opened in self._calls:
            self._loop.forget(opened)
            opened.close()
        self._calls.clear()
        self.happenings.clear()

    def open(self, plan: NetnsPlan) -> None:
        """Open the sockets of a namespace.  A socket that cannot be bound is recorded as left out."""
        if not plan.services:
            return
        self._netns[plan.netns].enter()
        for service in plan.services:
            try:
                self.listen(plan.netns, service)
            except OSError as error:
                # The world has a service for each wire, and needs no socket for a wire that was not made.
                if plan.netns != WORLD:
                    where = f"{service.address or '*'}:{service.port}/{service.protocol}"
                    self.left_out.append(
                        message(
                            "{netns}: nothing can listen on {where}: {reason}",
                            netns=named(plan.netns, self._netns),
                            where=where,
                            reason=error.strerror,
                        )
                    )

    def listen(self, netns: Netns, service: Service) -> None:
        """Open the socket of one service in the process's present namespace.

        Raises OSError if the socket cannot be bound."""
        family = socket.AF_INET if service.version == 4 else socket.AF_INET6
        kind = socket.SOCK_STREAM if service.protocol == "tcp" else socket.SOCK_DGRAM
        with _as_user(service.uid):
            opened = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, _SO_REUSEPORT, 1)
        if service.version == 6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(service.v6only))
            opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        opened.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        if netns == WORLD:
            # The world answers from the address to which the client has sent its request.
            opened.setsockopt(socket.IPPROTO_IP, _IP_TRANSPARENT, 1)
        if service.mark is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, service.mark)
        if service.device:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, service.device.encode())
        opened.bind((service.address or ("0.0.0.0" if service.version == 4 else "::"), service.port))
        if service.protocol == "tcp":
            opened.listen(128)
        if service.does == "full":
            opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(_DROP_ALL)))
        if service.does in ("hold", "full"):
            self.held.append((netns, service, opened))
        elif service.protocol == "tcp":
            self._loop.watch(opened, selectors.EVENT_READ, lambda: self._accept(netns, service, opened))
        else:
            self._ask_for_destinations(service, opened)
            self._loop.watch(opened, selectors.EVENT_READ, lambda: self._datagram(netns, service, opened))

    # --- TCP ---------------------------------------------------------------------------------------------------------

    def _accept(self, netns: Netns, service: Service, listener: socket.socket) -> None:
        try:
            with _as_user(service.uid):
                accepted, _ = listener.accept()
        except BlockingIOError:
            return
        accepted.setblocking(False)
        self._calls.append(accepted)
        if service.does == "relay":
            self._dial(netns, service, accepted)
        else:
            self._loop.watch(accepted, selectors.EVENT_READ, lambda: self._answer(netns, service, accepted))

    def _answer(self, netns: Netns, service: Service, accepted: socket.socket) -> None:
        try:
            data = accepted.recv(1 << 16)
            if data:
                self.happenings.append(Happening("reached", netns, service.port))
                with suppress(BlockingIOError):  # the send buffer is full
                    accepted.send(ANSWER if netns == WORLD else ANSWER.ljust(self.answer_bytes))
                return
        except OSError:
            pass
        self._loop.forget(accepted)

    def _dial(self, netns: Netns, service: Service, accepted: socket.socket) -> None:
        """Connect to the relay's target as docker-proxy does: from the host, with a source address that the kernel
        chooses."""
        if dials(self.happenings) >= MOST_DIALS:
            return
        dialled = self._towards(netns, service, socket.SOCK_STREAM)
        assert service.to is not None
        version = service.to[0]
        status = dialled.connect_ex((service.to[1], service.to[2]))

        def connected() -> None:
            failed = connect_error(dialled)
            self.happenings.append(Happening("dialled", netns, service.port, failed, version=version))
            if failed:
                self._loop.forget(dialled)
                self._loop.forget(accepted)
                accepted.close()
            else:
                self._splice(accepted, dialled)

        if status in (0, *_PENDING):
            self.happenings.append(Happening("dialling", netns, service.port, version=version))
            self._loop.watch(dialled, selectors.EVENT_WRITE, connected)
        else:
            self.happenings.append(Happening("dialled", netns, service.port, status, at_once=True, version=version))
            dialled.close()
            accepted.close()

    def _towards(self, netns: Netns, service: Service, kind: int) -> socket.socket:
        assert service.to is not None
        with entered(self._netns[netns], self._home):
            family = socket.AF_INET if service.to[0] == 4 else socket.AF_INET6
            opened = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        if kind == socket.SOCK_DGRAM:
            hear_errors(opened)
        self._calls.append(opened)
        return opened

    def _splice(self, one: socket.socket, other: socket.socket) -> None:
        def carry(source: socket.socket, sink: socket.socket) -> None:
            try:
                data = source.recv(1 << 14)
                if data:
                    sink.send(data)
                    return
            except OSError:
                pass
            self._loop.forget(source)
            self._loop.forget(sink)

        self._loop.watch(one, selectors.EVENT_READ, lambda: carry(one, other))
        self._loop.watch(other, selectors.EVENT_READ, lambda: carry(other, one))

    # --- UDP ---------------------------------------------------------------------------------------------------------

    def _ask_for_destinations(self, service: Service, opened: socket.socket) -> None:
        """Ask the kernel for each datagram's destination.  The service answers from the destination address."""
        opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        if service.version == 6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)

    def _datagram(self, netns: Netns, service: Service, opened: socket.socket) -> None:
        try:
            data, control, _, client = opened.recvmsg(4096, 256)
        except OSError:
            return
        back = [_from_destination(level, kind, value) for level, kind, value in control]
        control_back = [each for each in back if each is not None and not service.answers_by_route]
        if service.does == "answer":
            self.happenings.append(Happening("reached", netns, service.port))
            _send(opened, ANSWER.ljust(len(data))[: len(data)], control_back, client)
            return
        if dials(self.happenings) >= MOST_DIALS:
            return
        dialled = self._towards(netns, service, socket.SOCK_DGRAM)
        assert service.to is not None
        version = service.to[0]
        failed = dialled.connect_ex((service.to[1], service.to[2]))
        self.happenings.append(Happening("dialled", netns, service.port, failed, at_once=failed != 0, version=version))
        if failed:
            dialled.close()
            return

        def returned() -> None:
            try:
                answer = dialled.recv(4096)
            except OSError as error:
                self.happenings.append(Happening("dialled", netns, service.port, error.errno or 0, version=version))
            else:
                _send(opened, answer, control_back, client)
            self._loop.forget(dialled)

        self._loop.watch(dialled, selectors.EVENT_READ, returned)
        try:
            dialled.send(data)
        except OSError as error:
            failed = error.errno or 0
            self.happenings.append(Happening("dialled", netns, service.port, failed, at_once=True, version=version))

    def holds_data(self, protocol: str) -> bool:
        """Return whether data waits at a socket from which no process reads."""
        for _, service, opened in self.held:
            if service.protocol != protocol:
                continue
            try:
                if protocol == "tcp":
                    # The accepted connection stays open, because closing it would send the client a FIN.
                    self._calls.append(opened.accept()[0])
                else:
                    opened.recv(4096)
            except OSError:
                continue
            return True
        return False


def dials(happenings: Iterable[Happening]) -> int:
    """Return the number of events in which a relay began to connect or ended its connect()."""
    return sum(each.kind in ("dialling", "dialled") for each in happenings)


def hear_errors(opened: socket.socket) -> None:
    """Make the socket report every ICMP error about its packets, including errors that TCP treats as transient.

    Source: net/ipv4/udp.c __udp4_lib_err(), net/ipv4/raw.c raw_err(), net/ipv6/datagram.c ipv6_icmp_error()
    """
    six = opened.family == socket.AF_INET6
    opened.setsockopt(*((socket.IPPROTO_IPV6, _IPV6_RECVERR) if six else (socket.IPPROTO_IP, _IP_RECVERR)), 1)


def connect_error(opened: socket.socket) -> int:
    """Return the error of a TCP socket's connect(), or 0 if the handshake is complete.

    An ICMP error about an open connection is only a soft error, which SO_ERROR also returns.  A soft error does not
    count here, because it depends on timing whether a client would read it.  Source: net/core/sock.c SO_ERROR;
    net/ipv4/tcp_ipv4.c tcp_v4_err(), net/ipv6/tcp_ipv6.c tcp_v6_err()
    """
    state = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return 0 if state in _OPEN else opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _from_destination(level: int, kind: int, value: bytes) -> tuple[int, int, bytes] | None:
    """Return the control message that makes the answer leave from the request's destination address; None if there is
    none."""
    if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
        # struct in_pktinfo: interface index, local address, destination in the header
        return level, kind, struct.pack("=I4s4s", 0, value[8:12], b"\0" * 4)
    if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
        return level, kind, value[:16] + struct.pack("=I", 0)
    return None


def _send(opened: socket.socket, data: bytes, control: list[tuple[int, int, bytes]], client: tuple[str, int]) -> None:
    try:
        opened.sendmsg([data], control, 0, client)
    except OSError:
        return
