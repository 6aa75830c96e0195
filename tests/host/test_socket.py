"""When the backlog of a listening socket is full."""

import pytest

from hairpin.host.socket import Socket

# how many wait, how many may; whether the kernel drops the next SYN
CASES: dict[str, tuple[int | None, int | None, bool]] = {
    "one more than the backlog": (2, 1, True),
    "as many as the backlog": (1, 1, False),
    "one in a backlog of nothing": (1, 0, True),
    "nobody waits": (0, 0, False),
    "the backlog was not read": (9, None, False),
    "the queue was not read": (None, 9, False),
}


@pytest.mark.parametrize(("queued", "backlog", "full"), CASES.values(), ids=CASES)
def test_the_kernel_takes_one_connection_more_than_the_backlog(
    queued: int | None, backlog: int | None, full: bool
) -> None:
    socket = Socket("tcp", 4, None, 80, queued=queued, backlog=backlog)
    assert socket.has_full_backlog is full
    assert not socket.accepting.has_full_backlog
    assert (socket.accepting == socket) is not full
