"""WireGuard devices from the collector's text, which has no key in it."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.link import Endpoint, Link, Peer, Wireguard
from hairpin.host.read.ip.wireguard_text import devices, with_settings
from hairpin.netfilter.address import Prefix

TEXT = """\
listen-port\twg0\t51820
fwmark\twg0\t0xca6c
endpoints\twg0\tpeer 1\t198.51.100.12:51820
endpoints\twg0\tpeer 2\t[2001:db8::2]:7
endpoints\twg0\tpeer 3\t(none)
allowed-ips\twg0\tpeer 1\t10.9.0.2/32 fd00::/64
allowed-ips\twg0\tpeer 2\t(none)
allowed-ips\twg0\tpeer 3\t0.0.0.0/0
latest-handshakes\twg0\tpeer 1\t1700000000
latest-handshakes\twg0\tpeer 2\t0
latest-handshakes\twg0\tpeer 3\t0
persistent-keepalive\twg0\tpeer 1\toff
persistent-keepalive\twg0\tpeer 2\t25
persistent-keepalive\twg0\tpeer 3\toff
"""
WG0 = Wireguard(
    51820,
    0xCA6C,
    (
        Peer(1, Endpoint(4, 0xC633640C, 51820), (Prefix(4, 0x0A090002, 32), Prefix(6, 0xFD << 120, 64)), 1700000000),
        Peer(2, Endpoint(6, 0x20010DB8 << 96 | 2, 7)),
        Peer(3, None, (Prefix(4, 0, 0),)),
    ),
    "e7",
)


def test_devices() -> None:
    found = devices(text_reading(TEXT, "wg show all", "e7"))
    (name, device) = found[0]
    assert len(found) == 1
    assert (name, sorted(device.peers, key=lambda each: each.number)) == ("wg0", list(WG0.peers))
    assert (device.listen_port, device.fwmark, device.evidence) == (WG0.listen_port, WG0.fwmark, WG0.evidence)


def test_settings_are_the_devices_of_that_kind_alone() -> None:
    links = (Link(2, "wg0", "wireguard"), Link(3, "wg1", "wireguard"), Link(4, "eth0"))
    assert [each.wireguard for each in with_settings(links, (("wg0", WG0), ("eth0", WG0)))] == [WG0, None, None]


@pytest.mark.parametrize("line", ("listen-port\twg0\tmany", "endpoints\twg0\tpeer 1\tnowhere", "wg0"))
def test_damage_is_a_parse_error_with_its_line(line: str) -> None:
    with pytest.raises(ParseError, match="wg show:2"):
        devices(text_reading(f"\n{line}\n", "wg show"))
