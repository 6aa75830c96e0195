import pytest

from hairpin.netfilter.rule_address import (
    IpFamily,
    MaskedAddress,
    address_bits,
    full_mask,
    prefix_of_range,
    read_address,
    read_mac,
    read_prefix,
    write_address,
    write_mac,
    write_prefix,
)
from tests.rows import each_row

PREFIXES: dict[str, tuple[str, IpFamily, int, int, str]] = {
    "host": ("10.0.0.1", "ip", 0x0A000001, 0x0A000001, "10.0.0.1/32"),
    "length": ("10.1.2.3/8", "ip", 0x0A000000, 0x0AFFFFFF, "10.0.0.0/8"),
    "everything": ("0.0.0.0/0", "ip", 0, 0xFFFFFFFF, "0.0.0.0/0"),
    "mask": ("10.0.0.0/255.255.0.0", "ip", 0x0A000000, 0x0A00FFFF, "10.0.0.0/16"),
    "IPv6": ("fd00::/8", "ip6", 0xFD << 120, (0xFE << 120) - 1, "fd00::/8"),
}


@each_row(("text", "family", "first", "last", "written"), PREFIXES.values(), ids=PREFIXES)
def test_prefix(text: str, family: IpFamily, first: int, last: int, written: str) -> None:
    prefix = read_prefix(text, family)
    assert prefix.contiguous
    assert (prefix.address, prefix.last) == (first, last)
    assert write_prefix(prefix) == written
    assert prefix_of_range(first, last, family) == prefix


def test_a_mask_with_holes_is_no_range() -> None:
    prefix = read_prefix("10.1.2.3/255.0.255.0", "ip")
    assert prefix == MaskedAddress(0x0A000200, 0xFF00FF00, "ip")
    assert not prefix.contiguous
    assert write_prefix(prefix) == "10.0.2.0/255.0.255.0"


@each_row("text", ("10.0.0.256", "10.0.0.0/33", "10.0.0", "fd00::", "host", "10.0.0.0/x", ""))
def test_malformed_prefix(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an address|more than"):
        read_prefix(text, "ip")


@pytest.mark.parametrize(("first", "last"), ((1, 2), (0, 2), (3, 4), (5, 4)))
def test_a_range_that_is_no_prefix(first: int, last: int) -> None:
    assert prefix_of_range(first, last, "ip") is None


def test_address_sizes() -> None:
    assert (address_bits("ip"), address_bits("ip6")) == (32, 128)
    assert full_mask("ip6") == (1 << 128) - 1
    assert write_address(read_address("fd00:0:0::1", "ip6"), "ip6") == "fd00::1"


def test_hardware_address() -> None:
    assert read_mac("02:42:AC:11:00:02") == read_mac("2:42:ac:11:0:2") == 0x0242AC110002
    assert write_mac(0x0242AC110002) == "02:42:ac:11:00:02"


@pytest.mark.parametrize("text", ("02:42", "02:42:ac:11:00:100", "02:42:ac:11:00:zz"))
def test_malformed_hardware_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"hardware address|invalid literal"):
        read_mac(text)
