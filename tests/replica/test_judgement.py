"""The text of packets."""

import pytest

from hairpin.netfilter.packet import ACK, ICMP, SYN, TCP, UDP
from hairpin.network.prefix import Version
from hairpin.replica.judgement import Sighting
from tests.small_host import HOST_NETNS


def seen(
    version: Version,
    source: str,
    destination: str,
    protocol: int,
    *,
    sport: int | None = None,
    dport: int | None = None,
    tcp_flags: int = 0,
    icmp: int | None = None,
) -> Sighting:
    return Sighting(0, HOST_NETNS, "eth0", False, version, source, destination, protocol, sport, dport, tcp_flags, icmp)


TEXTS: dict[str, tuple[Sighting, str]] = {
    "TCP": (
        seen(4, "192.0.2.1", "192.0.2.2", TCP, sport=1, dport=2, tcp_flags=SYN | ACK),
        "192.0.2.1:1 > 192.0.2.2:2 SYN-ACK",
    ),
    "UDP over IPv6": (seen(6, "::1", "::2", UDP, sport=1, dport=2), "[::1]:1 > [::2]:2 UDP"),
    "ICMP": (seen(4, "192.0.2.1", "192.0.2.2", ICMP, icmp=3 << 8 | 1), "192.0.2.1 > 192.0.2.2 ICMP 3/1"),
    "another protocol": (seen(4, "192.0.2.1", "192.0.2.2", 47), "192.0.2.1 > 192.0.2.2 protocol 47"),
}


@pytest.mark.parametrize(("sighting", "text"), TEXTS.values(), ids=TEXTS)
def test_text(sighting: Sighting, text: str) -> None:
    assert sighting.text() == text
