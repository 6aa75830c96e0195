"""What rtnetlink tells, by the type of the message."""

from hairpin.guard.links import changes
from tests.guard.test_nftables import message


def test_the_type_is_the_part() -> None:
    told = message(16, bytes(16)) + message(20, bytes(8)) + message(25, bytes(12)) + message(80, bytes(4))
    assert list(changes(told)) == [("links", 0), ("addresses", 0), ("routes", 0), ("sysctls", 0)]


def test_neighbours_come_and_go() -> None:
    assert list(changes(message(28, bytes(12)))) == []
