"""The relay decrements TTLs and answers packets to no known lease, as flanneld does."""

import struct
from ipaddress import IPv4Address

import pytest

from hairpin.lab.flanneld import checksum, counted_down, net_unreachable

SOURCE = IPv4Address("10.244.1.0")


def packet(ttl: int = 64, protocol: int = 6, offset: int = 0) -> bytearray:
    start = struct.pack("!BBHHHBB", 0x45, 0, 40, 0, offset, ttl, protocol)
    ends = IPv4Address("10.244.1.2").packed + IPv4Address("10.244.9.2").packed
    header = start + struct.pack("!H", checksum(start + b"\0\0" + ends)) + ends
    return bytearray(header + bytes(20))


def test_checksum_of_a_whole_header_is_zero() -> None:
    assert checksum(packet()[:20]) == 0


@pytest.mark.parametrize(("ttl", "goes_on"), ((64, True), (2, True), (1, False)))
def test_the_ttl_is_decremented(ttl: int, goes_on: bool) -> None:
    given = packet(ttl)
    assert counted_down(given) is goes_on
    assert (given[8], checksum(given[:20])) == (ttl - 1, 0)


def test_net_unreachable_quotes_the_packet() -> None:
    error = net_unreachable(packet(), SOURCE)
    assert error is not None
    assert (error[9], error[12:16], error[16:20], error[20:22]) == (
        1,
        SOURCE.packed,
        bytes(packet()[12:16]),
        b"\x03\x00",
    )
    assert error[28:] == packet()[:28]
    assert (checksum(error[:20]), checksum(error[20:])) == (0, 0)


@pytest.mark.parametrize("given", (packet(protocol=1), packet(offset=7)), ids=("icmp", "a later fragment"))
def test_no_error_is_sent_about_icmp_and_later_fragments(given: bytearray) -> None:
    assert net_unreachable(given, SOURCE) is None
