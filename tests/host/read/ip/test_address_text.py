"""Addresses and networks as tools write them."""

import pytest

from hairpin.errors import MalformedError
from hairpin.host.read.ip.address_text import interface_address, link_name, mac, network, number
from hairpin.netfilter.address import Version
from tests.rows import each_row

NETWORKS: dict[str, tuple[str, Version, tuple[int, int]]] = {
    "prefix": ("10.8.0.0/16", 4, (0x0A080000, 16)),
    "single address": ("10.8.0.1", 4, (0x0A080001, 32)),
    "default": ("default", 4, (0, 0)),
    "all": ("all", 6, (0, 0)),
    "short, as old iproute2 writes it": ("169.254/16", 4, (0xA9FE0000, 16)),
    "IPv6": ("fd00::/64", 6, (0xFD00 << 112, 64)),
    "IPv6 single": ("::1", 6, (1, 128)),
}
BAD: dict[str, tuple[str, Version]] = {
    "other version": ("10.0.0.0/8", 6),
    "too long": ("10.0.0.0/33", 4),
    "negative": ("10.0.0.0/-1", 4),
    "no address": ("eth0", 4),
    "empty": ("", 4),
}


@each_row(("text", "version", "expected"), NETWORKS.values(), ids=NETWORKS)
def test_network(text: str, version: Version, expected: tuple[int, int]) -> None:
    assert network(text, version) == expected


@each_row(("text", "version"), BAD.values(), ids=BAD)
def test_text_that_is_no_network_is_refused(text: str, version: Version) -> None:
    with pytest.raises(ValueError, match=r"address|prefix length|invalid literal"):
        network(text, version)


def test_an_interface_address_keeps_its_host_bits() -> None:
    assert interface_address("10.9.0.1/24") == (4, 0x0A090001, 24)
    assert interface_address("10.9.0.1") == (4, 0x0A090001, 32)


@pytest.mark.parametrize(
    ("text", "expected"),
    (("02:42:ac:11:00:02", 0x0242AC110002), ("", None), ("00:00:10:28:fe:80:00:00", None), ("192.0.2.1", None)),
)
def test_mac(text: str, expected: int | None) -> None:
    assert mac(text) == expected


@pytest.mark.parametrize(("text", "expected"), (("0x10", 16), ("16", 16), (16, 16)))
def test_number(text: str | int, expected: int) -> None:
    assert number(text) == expected


@each_row("name", ("eth0", "a\x1b[31m", 'b"q\\z', "全", "-", "...", "a;b", "a\udcff"))
def test_a_name_that_the_kernel_gives(name: str) -> None:
    assert link_name(name) == name


@each_row("name", ("", ".", "..", "a b", "a\nb", "a\tb", "../x", "a:0", "a\0b", "a\xa0b"))
def test_a_name_that_no_link_has(name: str) -> None:
    with pytest.raises(MalformedError, match="not a link's name"):
        link_name(name)
