"""The addresses and ports that a translation may give to a connection.

The kernel chooses the address by a hash without a secret, so a client always gets the same address.

Source: net/netfilter/nf_nat_core.c in_range(), find_best_ips_proto(); include/linux/jhash.h jhash2() (Bob Jenkins'
lookup3)
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.netfilter.packet import Tuple
from hairpin.network.prefix import Version

Manip = Literal["src", "dst"]
Span = tuple[int, int]
"""The first and the last number of a range, both included."""

_WORD = 0xFFFFFFFF


class Range(msgspec.Struct, frozen=True):
    """The addresses and ports from which NAT chooses.  A field that is None leaves the address or port unchanged.

    If ``random`` is true, the port is drawn at random even if the old port is free.  If ``persistent`` is true, the
    choice of the address does not depend on the connection's other end.  ``base``: the old port that becomes the first
    of ``ports``.
    """

    addresses: Span | None = None
    ports: Span | None = None
    random: bool = False
    persistent: bool = False
    base: int | None = None

    def shifted(self, port: int) -> Iterator[int]:
        """Yield the ports of a range with a base port in the order in which the kernel tries them for the old port.

        Source: net/netfilter/nf_nat_core.c nf_nat_l4proto_unique_tuple(), NF_NAT_RANGE_PROTO_OFFSET"""
        assert self.ports is not None
        assert self.base is not None
        size = self.ports[1] - self.ports[0] + 1
        for tried in range(size):
            yield self.ports[0] + ((port - self.base + tried) & 0xFFFF) % size

    def has_port(self, port: int) -> bool:
        """Return whether the range contains the port.  NAT may keep a port in the range."""
        return self.ports is None or self.ports[0] <= port <= self.ports[1]

    def has_source(self, asked: Tuple) -> bool:
        """Return whether the range contains the tuple's source address and port.  NAT may keep a source in the
        range."""
        inside = self.addresses is None or self.addresses[0] <= asked.saddr <= self.addresses[1]
        return inside and self.has_port(asked.sport)

    def address(self, manip: Manip, asked: Tuple, version: Version, zone: int) -> int:
        """Return the connection's new source or destination address."""
        if self.addresses is None:
            return asked.saddr if manip == "src" else asked.daddr
        first, last = self.addresses
        return first if first == last else self._hashed(manip, asked, version, zone)

    def _hashed(self, manip: Manip, asked: Tuple, version: Version, zone: int) -> int:
        assert self.addresses is not None
        first, last = self.addresses
        persistent = self.persistent
        count = 1 if version == 4 else 4
        source, target = ([_swapped(word) for word in _words(each, count)] for each in (asked.saddr, asked.daddr))
        lowest, highest = _words(first, count), _words(last, count)
        draw = _jhash2([*source, 0, 0, 0][:4], 0 if persistent else target[-1] ^ zone)
        chosen, free = 0, False
        for number in range(count):
            # While all chosen words equal the words of the range's last address, that address also limits the next
            # word.
            low, distance = (0, _WORD) if free else (lowest[number], (highest[number] - lowest[number] + 1) & _WORD)
            word = low + (draw * distance >> 32) & _WORD
            chosen = chosen << 32 | word
            free = free or word != highest[number]
            if not persistent:
                # For DNAT the kernel hashes the word that it has just chosen.
                draw ^= _swapped(word) if manip == "dst" else target[number]
        return chosen


def _words(address: int, count: int) -> list[int]:
    return [address >> shift & _WORD for shift in range(32 * (count - 1), -1, -32)]


def _swapped(word: int) -> int:
    """Return a 32-bit word with its bytes in reverse order, as a little-endian machine reads a big-endian word."""
    return int.from_bytes(word.to_bytes(4), "little")


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> 32 - by) & _WORD


def _jhash2(words: list[int], seed: int) -> int:
    """Return the kernel's jhash2() of four words.  The loops rotate the registers a, b and c."""
    a = b = c = (0xDEADBEEF + (len(words) << 2) + seed) & _WORD
    a, b, c = a + words[0] & _WORD, b + words[1] & _WORD, c + words[2] & _WORD
    for by in (4, 6, 8, 16, 19, 4):
        a = (a - c & _WORD) ^ _rotated(c, by)
        a, b, c = b, c + b & _WORD, a
    a = a + words[3] & _WORD
    for by in (14, 11, 25, 16, 4, 14, 24):
        c = (c ^ b) - _rotated(b, by) & _WORD
        a, b, c = b, c, a
    return b
