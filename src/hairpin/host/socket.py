"""Sockets to which packets can be delivered, and services of IPVS.  Source: ss(8), /proc/net/{tcp,udp}{,6}, ip_vs."""

from typing import Annotated, Literal

import msgspec

from hairpin.field import of

ALLOWS_LOOPBACK = "allow_host_loopback"
"""The option of Podman's slirp4netns with which the stack's second address, 10.0.2.2, means the host's 127.0.0.1."""
_SMALLEST_DATAGRAM = 832
"""The bytes of memory that a datagram without data takes on a 64-bit kernel (a little less before 6.3)."""


class Socket(msgspec.Struct, frozen=True):
    """A listening TCP or bound UDP socket.  ``address``: None for the wildcard address.  An IPv6 wildcard socket also
    accepts IPv4, unless it is ``v6only``.  ``process``: the short command name of the process that has the socket open,
    or the unit for which systemd has opened it.  ``pid``: the id of this process in the collector's PID namespace.
    ``halted``: whether a signal has stopped every process that has the socket open.  ``frozen``: the frozen control
    group that has stopped at least one of these processes, and with it the socket; empty if there is none.
    ``container``: the id of the container in whose control group the process is.  ``ancestors``: for each process that
    has the socket open, its topmost ancestor in that container; empty if they were not read.  ``unit``: systemd's
    control group of the process; empty if there is none, or if it was not read.  ``is_late``: whether the processes
    started long after the container.  A restart of the container may not start late processes again.  ``mark``: its
    SO_MARK, which only root reads.  ``backlog`` and ``queued`` (TCP): how many connections may wait to be accepted, and
    how many are waiting.  ``received`` and ``receive_buffer`` (UDP): the memory of waiting datagrams in bytes, and the
    limit of this memory.  ``backlog``, ``queued``, ``received`` and ``receive_buffer`` are None if they were not read.
    ``evidence`` and ``entry``: the reading of the socket, and its line there; 0 if the socket is in no reading."""

    protocol: Literal["tcp", "udp"]
    version: Literal[4, 6]
    address: Annotated[int | None, of("address")]
    port: Annotated[int, of("port")]
    device: Annotated[str | None, of("link")] = None
    v6only: Annotated[bool, of(diff="never")] = False
    process: Annotated[str | None, of(rebuilt=False)] = None
    pid: Annotated[int | None, of(walked=False, diff="never", rebuilt=False)] = None
    uid: Annotated[int | None, of(diff="never")] = None
    mark: Annotated[int, of(diff="never")] = 0
    backlog: int | None = None
    queued: int | None = None
    received: int | None = None
    receive_buffer: int | None = None
    relay: Annotated["Relay | None", of(diff="never")] = None
    halted: bool = False
    frozen: str = ""
    container: Annotated[str | None, of("id", diff="never", rebuilt=False)] = None
    ancestors: Annotated[tuple[int, ...], of(walked=False, diff="never", rebuilt=False)] = ()
    unit: Annotated[str, of(walked=False, diff="never", rebuilt=False)] = ""
    is_late: Annotated[bool, of(diff="never", rebuilt=False)] = False
    evidence: str = ""
    entry: int = 0

    def takes(self, version: Literal[4, 6]) -> bool:
        """Return whether packets of the IP version can reach the socket: an IPv6 socket for all addresses also takes
        IPv4, unless it is IPv6-only."""
        return self.version == version or (self.version == 6 and self.address is None and not self.v6only)

    @property
    def has_full_backlog(self) -> bool:
        """Whether the number of connections that wait to be accepted exceeds the backlog.  The kernel then drops each
        new SYN.

        If the queue is as long as the backlog, the kernel still accepts one more connection.  Source:
        include/net/sock.h sk_acceptq_is_full(), net/ipv4/tcp_input.c tcp_conn_request()
        """
        return self.queued is not None and self.backlog is not None and self.queued > self.backlog

    @property
    def service(self) -> str:
        """The name of the system's service whose process has the socket, or of the unit for which systemd has opened
        it; empty if it is not known, or a user's."""
        parts = self.unit.strip("/").split("/")
        named = parts[0] == "system.slice" and parts[-1].endswith((".service", ".socket"))
        return parts[-1] if named else ""

    @property
    def socket_unit(self) -> str:
        """The unit for which systemd has opened the socket; empty for a socket that a process has opened itself."""
        return self.service if self.service.endswith(".socket") else ""

    @property
    def engine_relay(self) -> "Relay | None":
        """Where the program of an engine that has the socket connects to; None for systemd-socket-proxyd, which no
        engine starts or ends."""
        return None if self.socket_unit else self.relay

    @property
    def has_full_receive_queue(self) -> bool:
        """Whether the receive buffer has no room for the smallest datagram.  With a full receive queue the kernel drops
        a datagram of any size.

        Older kernels accept one datagram more than the buffer has room for.  Source: net/ipv4/udp.c
        __udp_enqueue_schedule_skb(), include/linux/skbuff.h SKB_TRUESIZE()
        """
        if self.received is None or self.receive_buffer is None:
            return False
        return self.received + _SMALLEST_DATAGRAM > self.receive_buffer and self.received > 0

    @property
    def is_full(self) -> bool:
        """Whether the kernel drops a new client's packets because earlier connections or datagrams still wait for the
        process."""
        return self.has_full_backlog or self.has_full_receive_queue

    @property
    def drained(self) -> "Socket":
        """The socket after its process has accepted all connections or datagrams that wait in a full backlog or receive
        queue."""
        if not self.is_full:
            return self
        return msgspec.structs.replace(
            self,
            queued=0 if self.has_full_backlog else self.queued,
            received=0 if self.has_full_receive_queue else self.received,
        )


class Relay(msgspec.Struct, frozen=True):
    """The address and port to which a relay such as docker-proxy or systemd-socket-proxyd connects.  ``holds_only``:
    whether the daemon only binds the port and never accepts a connection.

    ``netns``: the namespace from which the relay connects, if this is not the socket's namespace (rootless engines, a
    systemd-socket-proxyd with a network namespace of its own).
    ``address``: 0 for any address of that namespace.  ``tap``: how a user's network stack enters that namespace; None
    for a relay that is no network stack."""

    version: Literal[4, 6]
    address: Annotated[int, of("address")]
    port: Annotated[int, of("port")]
    holds_only: bool = False
    netns: Annotated[str, of("netns")] = ""
    tap: "TapEntry | None" = None


class TapEntry(msgspec.Struct, frozen=True):
    """How a user's network stack sends an accepted connection into a container: by the container's tap link, from the
    client's own address.

    ``link``: the tap link's name; empty if the command line does not name it.  ``copies_host``: whether the container
    has an address of the host (pasta).  The stack then gives the packets of that address another source: ``own4`` or
    ``own6``, or the address of its router if they are None.  ``from_loopback``: how a connection to a loopback address
    of the host enters: over the container's ``lo``, to the container's ``address`` or to its ``loopback`` address
    (``either`` if the release is not known); or by the ``tap`` link, from the router's address.  ``datagrams_of_host``:
    what becomes of the container's answers to datagrams from a loopback address of the host.  slirp4netns lets no
    answer out to the host's loopback if ``--disable-host-loopback`` is set; without this option, it stops to do so once
    a client of another address has asked.  Measured with slirp4netns 1.2.0, 1.2.1 and 1.3.3

    Source: passt(1), "Handling of traffic with loopback destination and source addresses"; passt fwd.c
    fwd_nat_from_host(), nat_inbound(); libslirp src/socket.c sotranslate_accept()"""

    link: str = ""
    copies_host: bool = False
    own4: int | None = None
    own6: int | None = None
    from_loopback: Literal["address", "loopback", "either", "tap"] = "tap"
    datagrams_of_host: Literal["answered", "unanswered", "either"] = "answered"


class VirtualService(msgspec.Struct, frozen=True):
    """A service of IPVS.  The service takes packets with this ``mark``; if ``mark`` is None, it takes packets to this
    address and port.  ``port``: 0 for any port."""

    mark: int | None
    protocol: int = 0
    version: Literal[4, 6] = 4
    address: int = 0
    port: int = 0
    evidence: str = ""
    servers: int = 0
    """The number of the service's servers that accept new connections."""
