import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.netfilter.address import address_of, address_text, ipv4_of, parse_address, width
from tests.rows import each_row


@given(st.ip_addresses())
def test_every_address_is_read_back(value: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    version, number = parse_address(str(value))
    assert (version, number) == (value.version, int(value))
    assert ipaddress.ip_address(address_text(number, version)) == value
    assert width(version) == value.max_prefixlen


TEXTS = ("0.0.0.0", "192.0.2.1", "::", "::1", "2001:db8::1", "fe80::1:0:0:1", "::ffff:192.0.2.1")


@each_row("text", TEXTS)
def test_an_address_is_written_as_people_write_it(text: str) -> None:
    version, value = parse_address(text)
    assert address_text(value, version) == text


def test_a_zone_is_dropped() -> None:
    assert parse_address("fe80::1%eth0") == (6, (0xFE80 << 112) + 1)


NOT_ADDRESSES = ("", "192.0.2", "192.0.2.256", "192.0.2.1/24", "web", "w\xe9b", "2001:db8:::1", "10.0.0.1%eth0")


@each_row("text", NOT_ADDRESSES)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        parse_address(text)


@each_row("text", ("", "1.2.3", "1.2.3.256", "1.2.3.4/32", "::1", "١.2.3.4"))
def test_text_that_is_no_plain_ipv4_address_is_none(text: str) -> None:
    assert ipv4_of("172.17.0.2") == 0xAC110002
    assert ipv4_of(text) is None


def test_an_address_of_the_other_version_is_refused() -> None:
    assert address_of("::1", 6) == 1
    with pytest.raises(ValueError, match="not an address of IPv4"):
        address_of("::1", 4)
