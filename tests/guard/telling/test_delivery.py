"""Deliveries are queued: they are tried again, bounded, and nothing waits for them."""

import threading

import pytest

from hairpin.guard.telling import delivery
from hairpin.guard.telling.delivery import Delivered, Delivery
from hairpin.guard.telling.told_alert import DeliveryError, ToldAlert
from tests.waiting import HANG_S

ALERT = ToldAlert(1000.0, "broke", "it broke", b"{}")


class Fails:
    """Fails so many times."""

    def __init__(self, times: int, *, lasts: bool = False) -> None:
        self.left, self.lasts, self.calls = times, lasts, 0

    def __call__(self, _: ToldAlert) -> None:
        self.calls += 1
        self.left -= 1
        if self.left >= 0:
            raise DeliveryError("no", lasts=self.lasts)


@pytest.mark.parametrize(
    ("deliver", "ended", "calls"),
    (
        (Fails(0), Delivered(7, "webhook", "", 1), 1),
        (Fails(2), Delivered(7, "webhook", "", 3), 3),
        (Fails(9), Delivered(7, "webhook", "no", 4), 4),
        (Fails(9, lasts=True), Delivered(7, "webhook", "no", 1), 1),
    ),
    ids=("at once", "the third time", "given up", "useless to try again"),
)
def test_attempts(deliver: Fails, ended: Delivered, calls: int) -> None:
    queue = Delivery((0.0, 0.0, 0.0))
    queue.send(7, "webhook", deliver, ALERT)
    assert queue.wait_idle(HANG_S)
    assert list(queue.ended()) == [ended]
    assert deliver.calls == calls
    queue.close()


def test_a_bug_in_a_way_ends_no_thread_and_tells_no_text() -> None:
    def bug(_: ToldAlert) -> None:
        raise ValueError("https://hooks.example.com/S3CRET")

    queue = Delivery()
    queue.send(1, "webhook", bug, ALERT)
    queue.send(2, "journal", Fails(0), ALERT)
    assert queue.wait_idle(HANG_S)
    assert [each.reason for each in queue.ended()] == ["a bug in hairpin: ValueError", ""]


def test_the_queue_is_bounded_and_an_end_tries_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LONGEST", 3)
    held, begun = threading.Event(), threading.Event()

    def hangs(_: ToldAlert) -> None:
        begun.set()
        held.wait(HANG_S)

    queue = Delivery((1000.0,))
    queue.send(0, "command", hangs, ALERT)
    assert begun.wait(HANG_S)
    for number in range(1, 6):
        queue.send(number, "command", Fails(9), ALERT)
    assert [(each.number, each.reason) for each in queue.ended()] == [
        (1, "too many alerts were waiting"),
        (2, "too many alerts were waiting"),
    ]
    held.set()
    queue.close(HANG_S)
    assert [(each.number, each.reason) for each in queue.ended()] == [(0, ""), (3, "no"), (4, "no"), (5, "no")]


def test_an_end_does_not_wait_for_a_hanging_delivery() -> None:
    held, begun = threading.Event(), threading.Event()

    def hangs(_: ToldAlert) -> None:
        begun.set()
        held.wait(HANG_S)

    queue = Delivery()
    queue.send(0, "command", hangs, ALERT)
    queue.send(1, "command", Fails(0), ALERT)
    assert begun.wait(HANG_S)
    queue.close(0.01)
    assert [(each.number, each.reason) for each in queue.ended()] == [(1, "the guard ended before")]
    held.set()
