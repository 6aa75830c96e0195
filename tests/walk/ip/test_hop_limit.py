"""The TTL and the hop limit with which packets start."""

import msgspec

from hairpin.host.sysctl import Path, Sysctls
from hairpin.netfilter.packet import ICMP6, TCP, Packet
from hairpin.walk.ip.hop_limit import with_hop_limit
from hairpin.walk.state import State
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, host_namespace, network

V4 = Packet(4, HOST_ADDRESS, CLIENT, TCP, sport=1, dport=2)
V6 = Packet(6, 1, 2, TCP, sport=1, dport=2)

# the namespace's parameter and its value, the packet, its TTL behind the route
CASES: dict[str, tuple[Path, str, Packet, int]] = {
    "IPv4": (("net", "ipv4", "ip_default_ttl"), "3", V4, 3),
    "not IPv6": (("net", "ipv4", "ip_default_ttl"), "3", V6, 64),
    "IPv6, of its link": (("net", "ipv6", "conf", "eth0", "hop_limit"), "3", V6, 3),
    "IPv6, of another link": (("net", "ipv6", "conf", "eth1", "hop_limit"), "3", V6, 64),
    "a TTL that the sender has chosen": (
        ("net", "ipv4", "ip_default_ttl"), "3", msgspec.structs.replace(V4, ttl=255), 255,
    ),
    "an ICMPv6 error": (
        ("net", "ipv6", "conf", "eth0", "hop_limit"), "3", msgspec.structs.replace(V6, protocol=ICMP6), 64,
    ),
}  # fmt: skip


@each_row(("path", "value", "packet", "ttl"), CASES.values(), ids=CASES)
def test_a_packet_starts_with_the_value_of_its_namespace(path: Path, value: str, packet: Packet, ttl: int) -> None:
    host = msgspec.structs.replace(host_namespace(), sysctls=Sysctls({path: value}))
    routed = State("output", HOST_NETNS, packet, oif="eth0")
    (after,) = with_hop_limit(network(host), iter((routed,)))
    assert isinstance(after, State)
    assert after.packet.ttl == ttl
