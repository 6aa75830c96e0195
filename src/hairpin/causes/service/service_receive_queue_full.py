"""The datagrams that wait to be read take all of the receive buffer, so the kernel drops each new one.

Users see: no answer at all from a UDP service whose container runs; nobody is told that the datagram was dropped.

Proof: skmem of the socket: what waits (``r``) leaves no room for a datagram in the buffer (``rb``); with an empty queue
the flow arrives.
Now: find out why the process reads none (a lock, a full disk, a file that hangs), then restart it.
Lasting: nothing lasts: a larger buffer (``SO_RCVBUF``, up to ``net.core.rmem_max``) helps against a burst only.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.service._full import by_full_socket
from hairpin.message import message

CAUSE = Cause(
    title=message("The receive queue of the service is full"),
    source="net/ipv4/udp.c __udp_enqueue_schedule_skb(); udp(7), socket(7) SO_RCVBUF; ss(8) skmem",
    reasons=frozenset({"receive-queue-full"}),
    find=by_full_socket(
        title=message("{name} reads no datagram: the receive queue of port {port} is full"),
        detail=message(
            "When the host was read, the datagrams that waited took {received} bytes of memory, and the receive buffer "
            "has {buffer}. The kernel drops each new datagram until the process reads."
        ),
        options="-lnum",
        restart=message("a restart loses the datagrams that wait"),
    ),
)
