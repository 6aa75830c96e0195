"""Renames addresses and preserves prefixes, like Crypto-PAn.  Ranges with a special meaning stay in place.

If two addresses share exactly n leading bits, their new addresses also share exactly n leading bits.  Therefore routes,
rules and subnets keep their meaning.  The address space is a binary tree.  At each node, a keyed hash says whether the
node's two halves swap.  Some nodes never swap:

- the nodes above a special range, so that the range stays in place and no other address moves into it;
- all nodes inside ranges whose addresses have a special meaning (loopback, multicast, …);
- the nodes on the paths to the first and last address of a subnet, and to the ends of an address range ("pins"), so
  that a network address stays a network address, a broadcast address stays a broadcast address, and the ends of ``A-B``
  ranges stay the ends.

Source: Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization, 2002.
"""

import hashlib
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

_IDENTITY = (
    *("0.0.0.0/8", "127.0.0.0/8", "169.254.169.254/32", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/8", "ff00::/8"),
)
"""The ranges whose addresses are not renamed: unspecified, loopback, cloud metadata, protocol assignments, multicast,
broadcast."""

_FORCED = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""Small ranges that stay in place, and whose two halves always swap.  Otherwise a subnet would too often keep its
address."""

_KEPT = (
    *("169.254.0.0/16", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"),
    *("fc00::/8", "fd00::/8", "fe80::/64", "2001:db8::/32", "2000::/3"),
)
"""The ranges that stay in place, and in which addresses are renamed: link-local, documentation, benchmark, unique
local, global."""

_V4_INSIDE_V6 = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))


class AddressMap:
    """Renames addresses and networks.  The same key and the same pins give the same new addresses."""

    def __init__(self, key: bytes, ranges: Iterable[tuple[Address, Address]] = ()) -> None:
        """``ranges``: pairs of addresses that must stay the first and the last address of a range.

        A range is a subnet or a text of the form ``A-B``."""
        self._key = hashlib.blake2b(key, digest_size=32, person=b"hairpin-address").digest()
        self._blocks: dict[tuple[int, int, int], bytes] = {}
        self._known: dict[Address, Address] = {}
        self._still: set[tuple[int, int, int]] = set()
        self._identity = tuple(ip_network(text) for text in _IDENTITY)
        for text in (*_IDENTITY, *_FORCED, *_KEPT, "64:ff9b::/96"):
            network = ip_network(text)
            self._hold(network.version, int(network.network_address), 0, network.prefixlen)
        self._forced = {
            _node(4, int(network.network_address), network.prefixlen) for network in map(IPv4Network, _FORCED)
        }
        for first, last in ranges:
            self._pin(first, last)

    def address(self, address: Address) -> Address:
        """Return the new address that replaces the given address."""
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = self._rename(address)
        return known

    def network(self, address: Address, length: int) -> Address:
        """Return the new address of ``address/length``.  If all host bits of the address are zero, they stay zero."""
        host_bits = address.max_prefixlen - length
        renamed = self.address(address)
        if host_bits and not int(address) & ((1 << host_bits) - 1):
            return type(address)(int(renamed) >> host_bits << host_bits)
        return renamed

    def _rename(self, address: Address) -> Address:
        if isinstance(address, IPv6Address):
            for network in _V4_INSIDE_V6:
                if address in network:
                    inner = self.address(IPv4Address(int(address) & 0xFFFFFFFF))
                    return IPv6Address(int(network.network_address) | int(inner))
        if any(address in network for network in self._identity if network.version == address.version):
            return address
        value, width, version = int(address), address.max_prefixlen, address.version
        renamed = 0
        for depth in range(width):
            bit = value >> (width - 1 - depth) & 1
            renamed = renamed << 1 | (bit ^ self._swaps(version, value, depth))
        return type(address)(renamed)

    def _swaps(self, version: int, value: int, depth: int) -> int:
        """Return 1 if the two halves swap at the node that the first ``depth`` bits of ``value`` lead to, otherwise
        0."""
        node = _node(version, value, depth)
        if node in self._still:
            return 0
        if node in self._forced:
            return 1
        # One hash decides all 255 nodes of the eight levels below a byte border.  The nodes are numbered as in a heap.
        level = depth % 8
        border = depth - level
        block = _node(version, value, border)
        bits = self._blocks.get(block)
        if bits is None:
            text = b"%d/%d/%d" % block
            bits = self._blocks[block] = hashlib.blake2b(text, key=self._key, digest_size=32).digest()
        index = 1 << level | (node[2] & ((1 << level) - 1))
        return bits[index >> 3] >> (index & 7) & 1

    def _hold(self, version: int, value: int, start: int, end: int) -> None:
        """Mark the nodes at depths start … end-1 on the path to ``value`` as nodes that never swap."""
        self._still.update(_node(version, value, depth) for depth in range(start, end))

    def _pin(self, first: Address, last: Address) -> None:
        if first.version != last.version:
            return
        width = first.max_prefixlen
        shared = width - (int(first) ^ int(last)).bit_length()
        self._hold(first.version, int(first), shared, width)
        self._hold(first.version, int(last), shared, width)


def _node(version: int, value: int, depth: int) -> tuple[int, int, int]:
    """Return the node of the tree to which the first ``depth`` bits of ``value`` lead."""
    width = 32 if version == 4 else 128
    return version, depth, value >> (width - depth)
