"""Sockets that packets can be delivered to, and services of IPVS.  Source: ss(8), /proc/net/{tcp,udp}{,6}, ip_vs."""

from typing import Literal

import msgspec


class Socket(msgspec.Struct, frozen=True):
    """A listening TCP or bound UDP socket.  ``address`` None is the wildcard; an IPv6 wildcard socket takes IPv4 too
    unless ``v6only``.  ``process`` is the short command name, ``pid`` in the collector's PID namespace;
    ``halted``: a signal stopped every process that has it open; ``frozen``: the frozen
    control group that stopped at least one of them, and with it the socket; empty: none did.
    ``container``: the id of the container whose control group the process is in.
    ``backlog`` and ``queued``: how many connections may wait to be accepted, and how many do; None: not read.
    ``evidence`` and ``entry``: its reading and its line there; 0: it was not read."""

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
    relay: "Relay | None" = None
    halted: bool = False
    frozen: str = ""
    container: str | None = None
    evidence: str = ""
    entry: int = 0

    @property
    def has_full_backlog(self) -> bool:
        """Whether more connections wait to be accepted than the backlog allows, so that the kernel drops each new SYN.

        A queue that is as long as the backlog takes one more.  Source: include/net/sock.h sk_acceptq_is_full(),
        net/ipv4/tcp_input.c tcp_conn_request()
        """
        return self.queued is not None and self.backlog is not None and self.queued > self.backlog

    @property
    def accepting(self) -> "Socket":
        """The socket once its process accepts what waits in a full backlog."""
        return msgspec.structs.replace(self, queued=0) if self.has_full_backlog else self


class Relay(msgspec.Struct, frozen=True):
    """The container's address that a docker-proxy connects to.  ``holds_only``: the daemon never accepts.

    ``netns``: the namespace in which it connects, if not its own (rootless engines); ``address`` is 0 for that
    namespace's own."""

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
    """The number of its servers that take new connections."""
