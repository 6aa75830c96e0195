"""When the backlog of a listening socket is full, and when the receive queue of a UDP socket."""

from hairpin.host.socket import Socket
from tests.rows import each_row

# how many wait, how many may; whether the kernel drops the next SYN
CASES: dict[str, tuple[int | None, int | None, bool]] = {
    "one more than the backlog": (2, 1, True),
    "as many as the backlog": (1, 1, False),
    "one in a backlog of nothing": (1, 0, True),
    "nobody waits": (0, 0, False),
    "the backlog was not read": (9, None, False),
    "the queue was not read": (None, 9, False),
}


@each_row(("queued", "backlog", "full"), CASES.values(), ids=CASES)
def test_the_kernel_takes_one_connection_more_than_the_backlog(
    queued: int | None, backlog: int | None, full: bool
) -> None:
    socket = Socket("tcp", 4, None, 80, queued=queued, backlog=backlog)
    assert socket.has_full_backlog is full
    assert not socket.drained.has_full_backlog
    assert (socket.drained == socket) is not full


# bytes that the waiting datagrams take, bytes that they may; whether the kernel drops the next one
WAITING: dict[str, tuple[int | None, int | None, bool]] = {
    "all of the buffer": (212992, 212992, True),
    "more than the buffer, as older kernels let it be": (213760, 212992, True),
    "no room for one more": (1664, 2304, True),
    "room for exactly one more": (212160, 212992, False),
    "nothing waits in the smallest buffer": (0, 256, False),
    "nothing waits": (0, 212992, False),
    "the buffer was not read": (212992, None, False),
    "the queue was not read": (None, 212992, False),
}


@each_row(("received", "buffer", "full"), WAITING.values(), ids=WAITING)
def test_the_kernel_drops_a_datagram_that_does_not_fit(received: int | None, buffer: int | None, full: bool) -> None:
    socket = Socket("udp", 4, None, 53, received=received, receive_buffer=buffer)
    assert socket.has_full_receive_queue is full
    assert socket.is_full is full
    assert not socket.drained.is_full
    assert (socket.drained == socket) is not full
