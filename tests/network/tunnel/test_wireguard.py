"""Which peer a WireGuard device sends to, and how long its outer packets are."""

import pytest

from hairpin.host.link import Endpoint, Peer, Wireguard
from hairpin.netfilter.address import Prefix
from hairpin.network.prefix import Version, parse_address
from hairpin.network.tunnel.wireguard import allowed_text, listening, outer_length, peer_for
from tests.walk.link.test_wireguard import guarded

NEAR, FAR = parse_address("10.9.0.2")[1], parse_address("198.51.100.99")[1]


def test_the_longest_prefix_decides() -> None:
    wide, narrow = Peer(1, None, (Prefix(4, 0, 0),)), Peer(2, Endpoint(4, FAR, 7), (Prefix(4, NEAR, 32),))
    device = Wireguard(peers=(wide, narrow))
    assert [peer_for(device, 4, each) for each in (NEAR, FAR)] == [narrow, wide]
    assert peer_for(device, 6, 1) is None
    assert [allowed_text(each.allowed) for each in (wide, narrow, Peer(3))] == ["0.0.0.0/0", "10.9.0.2/32", "(none)"]


def test_a_device_that_is_down_does_not_listen() -> None:
    up, down = (guarded("one", up=up).namespaces[0] for up in (True, False))
    assert [listening(up, port) is not None for port in (51820, 51821)] == [True, False]
    assert listening(down, 51820) is None


# drivers/net/wireguard/send.c: inner bytes, MTU, version, outer bytes
LENGTHS: tuple[tuple[int, int, Version, int], ...] = (
    (60, 1420, 4, 64 + 60), (1420, 1420, 4, 1480), (1419, 1420, 6, 1500), (64, 1420, 6, 144),
)  # fmt: skip


@pytest.mark.parametrize(("inner", "mtu", "version", "outer"), LENGTHS)
def test_padding(inner: int, mtu: int, version: Version, outer: int) -> None:
    assert outer_length(inner, mtu, version) == outer
