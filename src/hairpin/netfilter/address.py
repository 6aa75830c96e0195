"""Addresses as numbers of 32 or 128 bits, and prefixes: all text of addresses is read and written here.

Malformed text raises MalformedError, a ValueError.  The reader of a file turns a MalformedError into a ParseError that
names the line.
"""

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Literal

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import message

Version = Literal[4, 6]
LOCALHOST: dict[Version, int] = {4: 0x7F000001, 6: 1}
"""The address of ``lo`` in each IP version."""


def width(version: Version) -> Literal[32, 128]:
    """Return the number of bits of an address of this IP version."""
    return 32 if version == 4 else 128


def parse_address(text: str) -> tuple[Version, int]:
    """Return an address's IP version and number; a ``%zone`` at its end is ignored."""
    try:
        if ":" in text:
            return 6, int.from_bytes(inet_pton(AF_INET6, text.partition("%")[0]))
        return 4, int.from_bytes(inet_pton(AF_INET, text))
    except (OSError, UnicodeEncodeError):
        raise MalformedError(message("{text!r} is not an address", text=text)) from None


def ipv4_of(text: str) -> int | None:
    """Return the number of an IPv4 address in its usual form; None for any other text.  This function is quicker than
    `parse_address`."""
    try:
        return int.from_bytes(inet_pton(AF_INET, text))
    except (OSError, UnicodeEncodeError):
        return None


def address_of(text: str, version: Version) -> int:
    """Return the number of the address; raise ValueError if the address is not of this IP version."""
    found, value = parse_address(text)
    if found != version:
        raise MalformedError(message("{text!r} is not an address of IPv{version}", text=text, version=version))
    return value


def address_text(value: int, version: Version) -> str:
    """Return the address in its usual text form."""
    if version == 4:
        return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"
    return inet_ntop(AF_INET6, value.to_bytes(16))


def inside(value: int, network: int, prefix_length: int, version: Version) -> bool:
    """Return whether the network contains the address."""
    shift = width(version) - prefix_length
    return value >> shift == network >> shift


def network_of(value: int, prefix_length: int, version: Version) -> int:
    """Return the first address of the network that contains the address."""
    shift = width(version) - prefix_length
    return value >> shift << shift


class Prefix(msgspec.Struct, frozen=True):
    """A network of addresses.  ``network`` is any address of the network, usually the first."""

    version: Version
    network: int
    prefix_length: int

    def holds(self, value: int, version: Version) -> bool:
        """Return whether the address is of this IP version and in the network."""
        return version == self.version and inside(value, self.network, self.prefix_length, version)

    @property
    def first(self) -> int:
        """The first address of the network."""
        return network_of(self.network, self.prefix_length, self.version)

    @property
    def last(self) -> int:
        """The last address of the network (IPv4: the broadcast address)."""
        return self.first | ((1 << (width(self.version) - self.prefix_length)) - 1)

    def __str__(self) -> str:
        """Return the text, such as ``192.0.2.0/24``."""
        return f"{address_text(self.network, self.version)}/{self.prefix_length}"


def prefix_of(text: str) -> Prefix:
    """Return the prefix ``ADDRESS/LENGTH`` as tools print it, or that of a single address; raise ValueError for any
    other text."""
    address, slash, length = text.partition("/")
    version, network = parse_address(address)
    return Prefix(version, network, int(length) if slash else width(version))
