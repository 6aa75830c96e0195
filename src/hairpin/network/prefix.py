"""Prefixes: their addresses, their text, and the kinds of address that the kernel distinguishes.

netfilter/address.py reads and writes addresses.  This module also exports the functions of netfilter/address.py.
"""

import ipaddress

from hairpin.netfilter.address import LOCALHOST, Prefix, Version, address_text, inside, network_of, parse_address, width

__all__ = [
    "BROADCAST4",
    "LINK_LOCAL4",
    "LINK_LOCAL6",
    "LOCALHOST",
    "LOOPBACK4",
    "LOOPBACK6",
    "MULTICAST4",
    "MULTICAST6",
    "Prefix",
    "Version",
    "address_text",
    "inside",
    "is_for_many",
    "is_loopback",
    "is_multicast",
    "is_private",
    "last_of",
    "network_of",
    "parse_address",
    "parse_prefix",
    "prefix_text",
    "range_text",
    "whole_prefix",
    "width",
]

LOOPBACK4 = Prefix(4, 0x7F000000, 8)
LOOPBACK6 = Prefix(6, 1, 128)
MULTICAST4 = Prefix(4, 0xE0000000, 4)
MULTICAST6 = Prefix(6, 0xFF << 120, 8)
LINK_LOCAL6 = Prefix(6, 0xFE80 << 112, 10)
LINK_LOCAL4 = Prefix(4, 0xA9FE0000, 16)
BROADCAST4 = 0xFFFFFFFF
_PRIVATE = (
    Prefix(4, 0x0A000000, 8),
    Prefix(4, 0xAC100000, 12),
    Prefix(4, 0xC0A80000, 16),
    Prefix(4, 0x64400000, 10),
    LINK_LOCAL4,
    Prefix(6, 0xFC << 120, 7),
    LINK_LOCAL6,
)


def last_of(value: int, prefix_length: int, version: Version) -> int:
    """Return the last address (IPv4: the broadcast address) of the network that contains the address."""
    return Prefix(version, value, prefix_length).last


def prefix_text(network: int, prefix_length: int, version: Version) -> str:
    """Return the text of a prefix, such as ``192.0.2.0/24``."""
    return str(Prefix(version, network, prefix_length))


def whole_prefix(first: int, last: int, version: Version) -> tuple[int, int] | None:
    """Return the first address and the prefix length of the prefix that has exactly the addresses of a range, or None
    if there is no such prefix."""
    size = last - first + 1
    whole = size & (size - 1) == 0 and first % size == 0
    return (first, width(version) - size.bit_length() + 1) if whole else None


def range_text(first: int, last: int, version: Version) -> str:
    """Return the text of a range: the prefix's text if the range is a prefix, otherwise ``192.0.2.1-192.0.2.6``."""
    whole = whole_prefix(first, last, version)
    if whole is not None:
        return prefix_text(*whole, version)
    return f"{address_text(first, version)}-{address_text(last, version)}"


def parse_prefix(text: str) -> tuple[Version, int, int]:
    """Return IP version, network and prefix length of a text such as ``192.0.2.0/24``, or of a single address; raise
    ValueError for any other text."""
    network = ipaddress.ip_network(text, strict=False)
    return (4 if network.version == 4 else 6), int(network.network_address), network.prefixlen


def is_loopback(value: int, version: Version) -> bool:
    """Return whether the address is in 127.0.0.0/8, or is ::1."""
    return (LOOPBACK4 if version == 4 else LOOPBACK6).holds(value, version)


def is_multicast(value: int, version: Version) -> bool:
    """Return whether the address is a multicast group."""
    return (MULTICAST4 if version == 4 else MULTICAST6).holds(value, version)


def is_for_many(value: int, version: Version) -> bool:
    """Return whether the address is a multicast group or 255.255.255.255."""
    return is_multicast(value, version) or (version, value) == (4, BROADCAST4)


def is_private(value: int, version: Version) -> bool:
    """Return whether the address is never used on the internet (RFC 1918, CGNAT, link-local, ULA)."""
    return any(each.holds(value, version) for each in _PRIVATE)
