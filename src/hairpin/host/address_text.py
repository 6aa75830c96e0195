"""Addresses, networks and numbers as iproute2, ss, conntrack and Docker write them; malformed ones raise ValueError."""

from socket import AF_INET, AF_INET6, inet_pton
from typing import Literal

IpVersion = Literal[4, 6]


def address(text: str) -> tuple[IpVersion, int]:
    """Return version and number of an address; a ``%zone`` is dropped."""
    try:
        if ":" in text:
            return 6, int.from_bytes(inet_pton(AF_INET6, text.partition("%")[0]))
        return 4, int.from_bytes(inet_pton(AF_INET, text))
    except OSError:
        raise ValueError(f"{text!r} is not an address") from None


def address_of(text: str, version: IpVersion) -> int:
    """Return the number of an address that has to be of this version."""
    found, value = address(text)
    if found != version:
        raise ValueError(f"{text!r} is not an IPv{version} address")
    return value


def bits(version: IpVersion) -> int:
    """Return the length of an address."""
    return 32 if version == 4 else 128


def interface_address(text: str) -> tuple[IpVersion, int, int]:
    """Return version, address (host bits kept) and prefix length of ``ADDRESS[/LENGTH]``."""
    host, slash, length = text.partition("/")
    version, value = address(host)
    return version, value, _prefix_length(length, version) if slash else bits(version)


def network(text: str, version: IpVersion) -> tuple[int, int]:
    """Return number and prefix length of ``NETWORK[/LENGTH]``, ``default``, ``all`` or ``any``."""
    if text in ("default", "all", "any"):
        return 0, 0
    host, slash, length = text.partition("/")
    if version == 4 and slash and host.count(".") < 3:  # older iproute2 leaves out trailing zeroes: 10/8, 169.254/16
        host += ".0" * (3 - host.count("."))
    return address_of(host, version), _prefix_length(length, version) if slash else bits(version)


def _prefix_length(text: str, version: IpVersion) -> int:
    length = int(text)
    if not 0 <= length <= bits(version):
        raise ValueError(f"/{text} is no prefix length of IPv{version}")
    return length


def mac(text: str) -> int | None:
    """Return a 48-bit hardware address as a number; None for what is not one (InfiniBand, tunnels, ``""``)."""
    octets = text.split(":")
    if len(octets) != 6:
        return None
    return int.from_bytes(bytes(int(octet, 16) for octet in octets))


def number(text: str | int) -> int:
    """Return a number that may be written in decimal or with ``0x``."""
    return text if isinstance(text, int) else int(text, 0)
