"""Addresses, networks and numbers as iproute2, ss, conntrack and Docker write them; a malformed text raises
ValueError."""

import re

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.address import Version, address_of, parse_address, width
from hairpin.netfilter.rule_address import read_mac


def interface_address(text: str) -> tuple[Version, int, int]:
    """Return the IP version, the address and the prefix length of ``ADDRESS[/LENGTH]``.  The host bits of the address
    are kept."""
    host, slash, length = text.partition("/")
    version, value = parse_address(host)
    return version, value, _prefix_length(length, version) if slash else width(version)


def network(text: str, version: Version) -> tuple[int, int]:
    """Return the address and the prefix length of a network: ``NETWORK[/LENGTH]``, ``default``, ``all`` or ``any``."""
    if text in ("default", "all", "any"):
        return 0, 0
    host, slash, length = text.partition("/")
    if version == 4 and slash and host.count(".") < 3:  # older iproute2 omits trailing zeroes: 10/8, 169.254/16
        host += ".0" * (3 - host.count("."))
    return address_of(host, version), _prefix_length(length, version) if slash else width(version)


def _prefix_length(text: str, version: Version) -> int:
    length = int(text)
    if not 0 <= length <= width(version):
        raise MalformedError(message("/{length} is not a prefix length of IPv{version}", length=text, version=version))
    return length


def mac(text: str) -> int | None:
    """Return a 48-bit hardware address as a number; None for other texts (InfiniBand, tunnels, ``""``)."""
    return read_mac(text) if text.count(":") == 5 else None


def number(text: str | int) -> int:
    """Return the number that the text gives in decimal, or in hexadecimal with ``0x``."""
    return text if isinstance(text, int) else int(text, 0)


_NO_LINK_NAME = re.compile(rb"[ \t\n\v\f\r\xa0/:\0]|\A\.{0,2}\Z")


def link_name(text: str) -> str:
    """Return a link's name; raise MalformedError for a name that the kernel refuses.  Source: net/core/dev.c
    dev_valid_name()"""
    if _NO_LINK_NAME.search(text.encode("utf-8", "replace")):
        raise MalformedError(message("{name!r} is not a link's name", name=text))
    return text
