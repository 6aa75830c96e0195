import pytest

from hairpin.netfilter.packet import ICMP, ICMP6, SYN, TCP, UDP
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Protocol, Start
from hairpin.network.prefix import Version, parse_address
from tests.small_host import sibling

CLIENT = parse_address("192.0.2.10")[1]
HOST_ADDRESS = parse_address("198.51.100.11")[1]
SIX = parse_address("2001:db8::1")[1]

# flow's version, protocol; packet's protocol, flags, ICMP
PACKETS: dict[str, tuple[Version, Protocol, int, int, int | None]] = {
    "tcp begins with SYN": (4, "tcp", TCP, SYN, None),
    "udp": (4, "udp", UDP, 0, None),
    "echo": (4, "icmp", ICMP, 0, 8 << 8),
    "echo of IPv6": (6, "icmp", ICMP6, 0, 128 << 8),
}


@pytest.mark.parametrize(("version", "protocol", "number", "flags", "icmp"), PACKETS.values(), ids=PACKETS)
def test_packet(version: Version, protocol: Protocol, number: int, flags: int, icmp: int | None) -> None:
    packet = Flow(FromHost(), version, 5, protocol, 53, sport=4000).packet(3)
    assert (packet.version, packet.saddr, packet.daddr, packet.dport) == (version, 3, 5, 53)
    assert packet.sport == (4000 if icmp is None else 53)
    assert (packet.protocol, packet.tcp_flags, packet.icmp) == (number, flags, icmp)


TARGETS: dict[str, Flow] = {
    "198.51.100.11:80/tcp": Flow(FromHost(), 4, HOST_ADDRESS, "tcp", 80),
    "[2001:db8::1]:53/udp": Flow(FromHost(), 6, SIX, "udp", 53),
    "198.51.100.11/icmp": Flow(FromHost(), 4, HOST_ADDRESS, "icmp", 7),
}


@pytest.mark.parametrize(("text", "flow"), TARGETS.items(), ids=TARGETS)
def test_target_text(text: str, flow: Flow) -> None:
    assert flow.target_text() == text


STARTS: dict[str, Start] = {
    "192.0.2.10": Outside(CLIENT),
    "lan (192.0.2.10)": Lan(CLIENT),
    "host": FromHost(),
    "container:web": FromContainer("web", sibling("container:web")),
}


@pytest.mark.parametrize(("text", "start"), STARTS.items(), ids=STARTS)
def test_start_text(text: str, start: Start) -> None:
    assert Flow(start, 4, HOST_ADDRESS, "tcp", 80).start_text() == text


def test_a_stand_in_replaces_the_end_outside() -> None:
    asking = Flow(Outside(CLIENT, "eth1"), 4, HOST_ADDRESS, "tcp", 80).with_stand_in(9)
    assert (asking.start, asking.daddr) == (Outside(9, "eth1"), HOST_ADDRESS)
    asked = Flow(FromContainer("web", sibling("c")), 4, HOST_ADDRESS, "tcp", 443).with_stand_in(9)
    assert (asked.start, asked.daddr) == (FromContainer("web", sibling("c")), 9)
