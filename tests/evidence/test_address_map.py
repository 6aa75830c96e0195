"""Renamed addresses keep every relation that routing, rules and NAT look at."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.evidence.address_map import Address, AddressMap

KEYS = st.binary(min_size=1, max_size=8)
V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
PRIVATE_V4 = st.integers(0, 2**24 - 1).map(lambda low: IPv4Address((10 << 24) + low))
V6 = st.integers(0, 2**128 - 1).map(IPv6Address)
GLOBAL_V6 = st.integers(0, 2**96 - 1).map(lambda low: IPv6Address((0x2A01_04F8 << 96) + low))
ADDRESS = st.one_of(V4, PRIVATE_V4, V6, GLOBAL_V6)


def shared_bits(one: Address, other: Address) -> int:
    return one.max_prefixlen - (int(one) ^ int(other)).bit_length()


@given(key=KEYS, pair=st.one_of(*(st.tuples(kind, kind) for kind in (V4, PRIVATE_V4, GLOBAL_V6))))
def test_common_prefixes_stay_as_long_as_they_were(key: bytes, pair: tuple[Address, Address]) -> None:
    one, other = pair
    if any(int(address) >> 32 == 0xFFFF or int(address) >> 120 == 0 for address in pair if address.version == 6):
        return  # IPv4 inside IPv6 follows IPv4's own ranges
    renamed = AddressMap(key)
    assert shared_bits(renamed.address(one), renamed.address(other)) == shared_bits(one, other)


@given(key=KEYS, address=ADDRESS)
def test_the_same_key_gives_the_same_name(key: bytes, address: Address) -> None:
    first, second = AddressMap(key), AddressMap(key)
    assert first.address(address) == first.address(address) == second.address(address)


KEPT_RANGES = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "192.0.2.0/24"),
    *("198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "0.0.0.0/8"),
    *("fe80::/64", "fd00::/8", "fc00::/8", "2001:db8::/32", "ff00::/8", "2000::/3", "::ffff:0:0/96", "64:ff9b::/96"),
)


@given(key=KEYS, address=ADDRESS, inside=st.sampled_from(KEPT_RANGES), low=st.integers(0, 2**128 - 1))
def test_nothing_enters_or_leaves_a_special_range(key: bytes, address: Address, inside: str, low: int) -> None:
    network = ip_network(inside)
    member = network[low % network.num_addresses]
    renamed = AddressMap(key)
    assert renamed.address(member) in network
    if address.version == network.version:
        assert (renamed.address(address) in network) == (address in network)


STAYS = (
    *("0.0.0.0", "127.0.0.1", "127.0.0.11", "127.0.0.53", "255.255.255.255", "224.0.0.1", "239.255.255.250"),
    *("169.254.169.254", "::", "::1", "ff02::1", "::ffff:127.0.0.1", "192.0.0.1"),
)


@pytest.mark.parametrize("text", STAYS)
@given(key=KEYS)
def test_addresses_with_a_meaning_stay(text: str, key: bytes) -> None:
    assert AddressMap(key).address(ip_address(text)) == ip_address(text)


@given(key=KEYS, low=st.integers(0, 2**32 - 1))
def test_mapped_addresses_follow_the_ipv4_address_in_them(key: bytes, low: int) -> None:
    renamed = AddressMap(key)
    inner = int(renamed.address(IPv4Address(low)))
    assert int(renamed.address(IPv6Address((0xFFFF << 32) + low))) == (0xFFFF << 32) + inner


SUBNETS = st.one_of(
    st.tuples(PRIVATE_V4, st.integers(9, 31)).map(lambda pair: ip_network(pair, strict=False)),
    st.tuples(GLOBAL_V6, st.integers(33, 127)).map(lambda pair: ip_network(pair, strict=False)),
)


@given(key=KEYS, subnets=st.lists(SUBNETS, min_size=1, max_size=6), low=st.integers(0, 2**128 - 1))
def test_subnets_keep_their_first_and_last_address(
    key: bytes, subnets: list[IPv4Network | IPv6Network], low: int
) -> None:
    """Also where one subnet lies in another: network address, broadcast address and membership agree."""
    renamed = AddressMap(key, ((net.network_address, net.broadcast_address) for net in subnets))
    for net in subnets:
        fresh = ip_network((renamed.network(net.network_address, net.prefixlen), net.prefixlen))
        assert renamed.address(net.network_address) == fresh.network_address
        assert renamed.address(net.broadcast_address) == fresh.broadcast_address
        assert renamed.address(net[low % net.num_addresses]) in fresh


@given(key=KEYS, ends=st.tuples(PRIVATE_V4, PRIVATE_V4), probe=PRIVATE_V4)
def test_a_range_holds_the_same_addresses(key: bytes, ends: tuple[Address, Address], probe: IPv4Address) -> None:
    first, last = sorted(ends, key=int)
    renamed = AddressMap(key, [(first, last)])
    inside = int(renamed.address(first)) <= int(renamed.address(probe)) <= int(renamed.address(last))
    assert inside == (int(first) <= int(probe) <= int(last))


@given(key=KEYS, address=PRIVATE_V4, length=st.integers(0, 32))
def test_a_prefix_keeps_its_zero_host_bits(key: bytes, address: IPv4Address, length: int) -> None:
    renamed = AddressMap(key)
    net = IPv4Network((address, length), strict=False)
    fresh = renamed.network(net.network_address, length)
    assert IPv4Network((fresh, length)).prefixlen == length
    assert renamed.address(address) in IPv4Network((fresh, length))


@given(key=KEYS, third=st.integers(0, 255))
def test_private_subnets_do_not_keep_their_number(key: bytes, third: int) -> None:
    for text in (f"192.168.{third}.7", f"172.{16 + third % 16}.0.2", f"10.{third}.3.4", f"100.{64 + third % 64}.0.2"):
        assert AddressMap(key).address(IPv4Address(text)) != IPv4Address(text)
