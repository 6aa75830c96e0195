"""The packet that an ICMP error quotes."""

from hairpin.network.prefix import Version
from hairpin.replica.watch.tap import quoted_ports
from tests.rows import each_row

IP4 = bytes.fromhex("45000028000040004006") + b"\0\0" + bytes(8)
IP6 = bytes.fromhex("6000000000081140") + bytes(32)
PORTS = bytes.fromhex("9c400050")
QUOTED: dict[str, tuple[bytes, Version, tuple[int, ...]]] = {
    "TCP over IPv4": (IP4 + PORTS, 4, (40000, 80)),
    "with IPv4 options": (b"\x46" + IP4[1:] + bytes(4) + PORTS, 4, (40000, 80)),
    "UDP over IPv6": (IP6 + PORTS, 6, (40000, 80)),
    "another protocol": (IP4[:9] + b"\x01" + IP4[10:] + PORTS, 4, ()),
    "cut short": (IP4 + PORTS[:3], 4, ()),
    "an echo's payload": (b"hello, is there anybody out there?", 4, ()),
}


@each_row(("data", "version", "ports"), QUOTED.values(), ids=QUOTED)
def test_quoted_ports(data: bytes, version: Version, ports: tuple[int, ...]) -> None:
    assert quoted_ports(data, version) == ports
