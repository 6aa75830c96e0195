"""The datagrams that wait to be read take all of the receive buffer, so the kernel drops each new one.

Users see: no answer at all from a UDP service whose container runs; nobody is told that the datagram was dropped.

Proof: skmem of the socket: what waits (``r``) leaves no room for a datagram in the buffer (``rb``); with an empty queue
the flow arrives.
Now: find out why the process reads none (a lock, a full disk, a file that hangs), then restart it.
Lasting: nothing: a larger buffer (``SO_RCVBUF``, up to ``net.core.rmem_max``) helps against a burst only.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.service._full import advice, full_socket, making_room, process_of, where
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the sockets of the packet's port, all of which are full."""
    socket = full_socket(view)
    if socket is None:
        return
    yield Candidate(
        title=message(
            "{name} reads no datagram: the receive queue of port {port} is full",
            name=process_of(socket),
            port=socket.port,
        ),
        detail=message(
            "When the host was read, the datagrams that waited took {received} bytes of memory, and the receive buffer "
            "has {buffer}. The kernel drops each new datagram until the process reads.",
            received=socket.received,
            buffer=socket.receive_buffer,
        ),
        change=making_room(view, socket),
        where=where(view, socket),
        in_class="process-stopped",
        evidence=(socket.evidence,),
        advice=(*advice(view, socket, options="-lnum"), message("a restart loses the datagrams that wait")),
    )


CAUSE = Cause(
    title=message("The receive queue of the service is full"),
    source="net/ipv4/udp.c __udp_enqueue_schedule_skb(); udp(7), socket(7) SO_RCVBUF; ss(8) skmem",
    reasons=frozenset({"receive-queue-full"}),
)
