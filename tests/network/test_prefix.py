import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.network.prefix import (
    Version,
    address_text,
    inside,
    is_loopback,
    is_multicast,
    is_private,
    last_of,
    network_of,
    parse_address,
    parse_prefix,
    prefix_text,
    range_text,
    whole_prefix,
    width,
)
from tests.rows import each_row

TEXTS = ("0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1", "::ffff:1.2.3.4")


@each_row("text", TEXTS)
def test_an_address_reads_back(text: str) -> None:
    version, value = parse_address(text)
    assert parse_address(address_text(value, version)) == (version, value)
    assert width(version) == (128 if ":" in text else 32)


NOT_ADDRESSES = ("", "192.0.2", "192.0.2.256", "web", "192.0.2.1/24", "2001:db8:::1")


@each_row("text", NOT_ADDRESSES)
def test_text_that_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=text or "address"):
        parse_address(text)


PREFIXES: dict[str, tuple[Version, int, int]] = {
    "192.0.2.0/24": (4, 0xC0000200, 24),
    "192.0.2.1": (4, 0xC0000201, 32),
    "192.0.2.77/24": (4, 0xC0000200, 24),
    "2001:db8::/32": (6, 0x20010DB8 << 96, 32),
    "0.0.0.0/0": (4, 0, 0),
}


@each_row(("text", "expected"), PREFIXES.items(), ids=PREFIXES)
def test_parse_prefix(text: str, expected: tuple[Version, int, int]) -> None:
    assert parse_prefix(text) == expected
    version, network, length = expected
    assert parse_prefix(prefix_text(network, length, version)) == expected


# address, is loopback, multicast, private
KINDS: dict[str, tuple[bool, bool, bool]] = {
    "127.0.0.1": (True, False, False),
    "127.255.255.255": (True, False, False),
    "128.0.0.0": (False, False, False),
    "10.1.2.3": (False, False, True),
    "172.15.255.255": (False, False, False),
    "172.16.0.0": (False, False, True),
    "172.31.255.255": (False, False, True),
    "172.32.0.0": (False, False, False),
    "192.168.0.1": (False, False, True),
    "100.64.0.1": (False, False, True),
    "169.254.1.1": (False, False, True),
    "224.0.0.1": (False, True, False),
    "239.255.255.255": (False, True, False),
    "240.0.0.1": (False, False, False),
    "::1": (True, False, False),
    "::2": (False, False, False),
    "ff02::1": (False, True, False),
    "fe80::1": (False, False, True),
    "fd00::1": (False, False, True),
    "2001:db8::1": (False, False, False),
}


@each_row(("text", "expected"), KINDS.items(), ids=KINDS)
def test_kinds(text: str, expected: tuple[bool, bool, bool]) -> None:
    version, value = parse_address(text)
    assert (is_loopback(value, version), is_multicast(value, version), is_private(value, version)) == expected


@given(value=st.integers(0, (1 << 32) - 1), length=st.integers(0, 32))
def test_a_network_is_the_range_between_its_first_and_its_last_address(value: int, length: int) -> None:
    first, last = network_of(value, length, 4), last_of(value, length, 4)
    assert first <= value <= last
    assert inside(first, first, length, 4)
    assert inside(last, first, length, 4)
    assert not (first and inside(first - 1, first, length, 4))
    assert last == 0xFFFFFFFF or not inside(last + 1, first, length, 4)


@given(value=st.integers(0, (1 << 32) - 1), length=st.integers(0, 32))
def test_the_range_of_a_network_is_its_prefix(value: int, length: int) -> None:
    first, last = network_of(value, length, 4), last_of(value, length, 4)
    assert whole_prefix(first, last, 4) == (first, length)
    assert range_text(first, last, 4) == prefix_text(first, length, 4)


@given(first=st.integers(0, 255), last=st.integers(0, 255))
def test_a_range_is_a_prefix_only_with_exactly_its_addresses(first: int, last: int) -> None:
    first, last = sorted((first, last))
    whole = whole_prefix(first, last, 4)
    assert whole is None or (whole[0], last_of(*whole, 4)) == (first, last)
    lengths = [each for each in range(24, 33) if (network_of(first, each, 4), last_of(first, each, 4)) == (first, last)]
    assert ([whole[1]] if whole is not None else []) == lengths
