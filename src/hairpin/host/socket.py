"""Sockets that packets can be delivered to, and services of IPVS.  Source: ss(8), /proc/net/{tcp,udp}{,6}, ip_vs."""

from typing import Literal

import msgspec

_SMALLEST_DATAGRAM = 832
"""The bytes of memory that a datagram without data takes on a 64-bit kernel (a little less before 6.3)."""


class Socket(msgspec.Struct, frozen=True):
    """A listening TCP or bound UDP socket.  ``address`` None is the wildcard; an IPv6 wildcard socket accepts IPv4 as
    well unless ``v6only``.  ``process`` is the short command name, ``pid`` in the collector's PID namespace;
    ``halted``: a signal stopped every process that has it open; ``frozen``: the frozen control group that stopped at
    least one of them, and with it the socket; empty: none did. ``container``: the id of the container whose control
    group the process is in; ``ancestors``: for each process with the socket, its first ancestor in that container
    (empty: not read); ``unit``: systemd's control group of the process (empty: none, or not read); ``is_late``: the
    processes started long after the container, so a restart of it may not start them again. ``backlog`` and ``queued``
    (TCP): how many connections may wait to be accepted, and how many wait; ``received`` and ``receive_buffer`` (UDP):
    the memory of waiting datagrams in bytes, and its limit.  None: not read. ``evidence`` and ``entry``: its reading
    and its line there; 0: it was not read."""

    protocol: Literal["tcp", "udp"]
    version: Literal[4, 6]
    address: int | None
    port: int
    device: str | None = None
    v6only: bool = False
    process: str | None = None
    pid: int | None = None
    uid: int | None = None
    backlog: int | None = None
    queued: int | None = None
    received: int | None = None
    receive_buffer: int | None = None
    relay: "Relay | None" = None
    halted: bool = False
    frozen: str = ""
    container: str | None = None
    ancestors: tuple[int, ...] = ()
    unit: str = ""
    is_late: bool = False
    evidence: str = ""
    entry: int = 0

    @property
    def has_full_backlog(self) -> bool:
        """Whether more connections wait to be accepted than the backlog, so that the kernel drops each new SYN.

        A queue as long as the backlog still accepts one more.  Source: include/net/sock.h sk_acceptq_is_full(),
        net/ipv4/tcp_input.c tcp_conn_request()
        """
        return self.queued is not None and self.backlog is not None and self.queued > self.backlog

    @property
    def has_full_receive_queue(self) -> bool:
        """Whether the receive buffer has no room for the smallest datagram, so that the kernel drops it.

        Older kernels accept one datagram more than fits. Source: net/ipv4/udp.c __udp_enqueue_schedule_skb(),
        include/linux/skbuff.h SKB_TRUESIZE()
        """
        if self.received is None or self.receive_buffer is None:
            return False
        return self.received + _SMALLEST_DATAGRAM > self.receive_buffer and self.received > 0

    @property
    def is_full(self) -> bool:
        """Whether the kernel drops a new client's packets because earlier ones still wait for the process."""
        return self.has_full_backlog or self.has_full_receive_queue

    @property
    def drained(self) -> "Socket":
        """The socket after its process has accepted all that waits in a full backlog or receive queue."""
        if not self.is_full:
            return self
        return msgspec.structs.replace(
            self,
            queued=0 if self.has_full_backlog else self.queued,
            received=0 if self.has_full_receive_queue else self.received,
        )


class Relay(msgspec.Struct, frozen=True):
    """The container's address that a docker-proxy connects to.  ``holds_only``: the daemon never accepts.

    ``netns``: the namespace in which it connects, if not its own (rootless engines); ``address`` 0: an address of that
    namespace."""

    version: Literal[4, 6]
    address: int
    port: int
    holds_only: bool = False
    netns: str = ""


class VirtualService(msgspec.Struct, frozen=True):
    """A service of IPVS: packets with this mark, or (``mark`` None) to this address and port; port 0 is any."""

    mark: int | None
    protocol: int = 0
    version: Literal[4, 6] = 4
    address: int = 0
    port: int = 0
    evidence: str = ""
    servers: int = 0
    """The number of its servers that accept new connections."""
