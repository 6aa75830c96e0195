"""What rtnetlink tells, by the type of the message."""

from hairpin.collect.netlink.channel import attribute
from hairpin.guard.sources.links import changes
from tests.guard.sources.test_told import message


def test_the_type_is_the_part() -> None:
    told = message(16, bytes(16)) + message(20, bytes(8)) + message(25, bytes(12)) + message(80, bytes(4))
    assert [(part, port) for part, _, port in changes(told)] == [
        ("links", 0), ("addresses", 0), ("routes", 0), ("sysctls", 0),
    ]  # fmt: skip


def test_what_a_message_is_about() -> None:
    link = message(17, bytes(16) + attribute(3, b"eth0\0"))
    address = message(20, bytes((2, 24)) + bytes(6) + attribute(1, bytes((192, 0, 2, 1))))
    route = message(24, bytes((10, 64)) + bytes(10) + attribute(1, b"\x20\x01\x0d\xb8" + bytes(12)))
    default, rule = message(25, bytes(12)), message(32, bytes(12))
    assert [detail for _, detail, _ in changes(link + address + route + default + rule)] == [
        "-eth0", "192.0.2.1/24", "2001:db8::/64", "-default", "",
    ]  # fmt: skip


def test_a_cut_attribute_says_nothing() -> None:
    assert [detail for _, detail, _ in changes(message(16, bytes(16) + b"\xff\0\3\0"))] == [""]


def test_neighbours_come_and_go() -> None:
    assert list(changes(message(28, bytes(12)))) == []
