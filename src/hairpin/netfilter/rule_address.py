"""Addresses as rules write them: ``10.0.0.0/8``, ``fd00::1/ffff::ffff``, ``02:42:ac:11:00:02``.

Addresses in rules have the families ``ip`` and ``ip6``.  All other addresses in hairpin have the versions 4 and 6
(address.py, network/prefix.py).

Malformed text raises ValueError.  The reader of a file turns a ValueError into a ParseError that names the line.
"""

from typing import Literal, NamedTuple

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.address import Version, address_of, address_text, width

IpFamily = Literal["ip", "ip6"]


class MaskedAddress(NamedTuple):
    """All addresses that equal ``address`` in the bits of ``mask``.  ``address`` and ``mask`` have as many bits as the
    family's addresses."""

    address: int
    mask: int
    family: IpFamily

    @property
    def contiguous(self) -> bool:
        """Whether the mask is a prefix length.  Only a prefix with a prefix length is one range of addresses."""
        rest = full_mask(self.family) ^ self.mask
        return rest & (rest + 1) == 0

    @property
    def last(self) -> int:
        """The last address of a contiguous prefix."""
        return self.address | (full_mask(self.family) ^ self.mask)


def address_bits(family: IpFamily) -> Literal[32, 128]:
    """Return the number of bits of an address of this family."""
    return width(_version(family))


def full_mask(family: IpFamily) -> int:
    """Return the mask of a single address."""
    return 0xFFFFFFFF if family == "ip" else (1 << 128) - 1


def read_address(text: str, family: IpFamily) -> int:
    """Return the number of an address of this family."""
    return address_of(text, _version(family))


def read_prefix(text: str, family: IpFamily) -> MaskedAddress:
    """Read ``ADDRESS``, ``ADDRESS/LENGTH`` or ``ADDRESS/MASK``.  Host bits are set to zero, as iptables does."""
    address, slash, length = text.partition("/")
    mask = full_mask(family)
    if slash:
        if length.isdigit():
            bits = address_bits(family)
            if int(length) > bits:
                raise MalformedError(message("{text!r} has more than {bits} bits", text=text, bits=bits))
            mask ^= mask >> int(length)
        else:
            mask = read_address(length, family)
    return MaskedAddress(read_address(address, family) & mask, mask, family)


def write_address(address: int, family: IpFamily) -> str:
    """Return the address in its usual text form."""
    return address_text(address, _version(family))


def write_prefix(prefix: MaskedAddress) -> str:
    """Return the text ``ADDRESS/LENGTH``, or ``ADDRESS/MASK`` if the mask is no prefix length."""
    mask = prefix.mask
    length = str(mask.bit_count()) if prefix.contiguous else write_address(mask, prefix.family)
    return f"{write_address(prefix.address, prefix.family)}/{length}"


def prefix_of_range(first: int, last: int, family: IpFamily) -> MaskedAddress | None:
    """Return the prefix that covers exactly this range of addresses, or None."""
    host = first ^ last
    if first > last or host & (host + 1) or first & host:
        return None
    return MaskedAddress(first, full_mask(family) ^ host, family)


def read_mac(text: str) -> int:
    """Return a hardware address as a number.  In its text, an octet may be written without its leading zero."""
    octets = text.split(":")
    if len(octets) != 6:
        raise MalformedError(message("{text!r} is not a hardware address", text=text))
    value = 0
    for octet in octets:
        number = int(octet, 16)
        if number > 0xFF:
            raise MalformedError(message("{text!r} is not a hardware address", text=text))
        value = value << 8 | number
    return value


def write_mac(address: int) -> str:
    """Return the hardware address in its usual form, such as ``02:42:ac:11:00:02``."""
    return ":".join(f"{octet:02x}" for octet in address.to_bytes(6))


def _version(family: IpFamily) -> Version:
    return 4 if family == "ip" else 6
