"""Datagrams that the process has not read fill the receive buffer, so the kernel drops each new datagram.

Users see: a UDP service whose container runs does not answer, and no sender is told that its datagram was dropped.

Proof: skmem of the socket shows that the waiting datagrams (``r``) leave no room for another datagram in the buffer
(``rb``).  With an empty queue the flow arrives.
Now: find out why the process reads no datagram (a lock, a full disk, a file that hangs), then restart the process.
Lasting: no setting keeps the buffer from becoming full.  A larger buffer (``SO_RCVBUF``, up to ``net.core.rmem_max``)
helps only against a burst.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.service._full import by_full_socket

CAUSE = Cause(
    title=message("The receive queue of the service is full"),
    source="net/ipv4/udp.c __udp_enqueue_schedule_skb(); udp(7), socket(7) SO_RCVBUF; ss(8) skmem",
    reasons=frozenset({"receive-queue-full"}),
    find=by_full_socket(
        title=message("{name} reads no datagram: the receive queue of port {port} is full"),
        detail=message(
            "When the host was read, waiting datagrams took {received} bytes of the receive buffer, which has {buffer} "
            "bytes. The kernel drops each new datagram until the process reads."
        ),
        options="-lnum",
        restart=message("a restart loses the datagrams that wait to be read"),
    ),
)
