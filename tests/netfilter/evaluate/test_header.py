import msgspec

from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.ir import CT_INVALID, CT_NEW
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, Packet, Seen
from tests.netfilter.seen import CLIENT, FIRST, WEB
from tests.rows import each_row

UDP_PACKET = Packet(4, CLIENT, WEB, UDP, sport=4000, dport=53)
ECHO = Packet(4, CLIENT, WEB, ICMP, sport=7, dport=7, icmp=8 << 8)
ECHO6 = Packet(6, 1, 2, ICMP6, icmp=128 << 8)
GRE = Packet(4, CLIENT, WEB, 47)
SECOND_FRAGMENT = Packet(4, CLIENT, WEB, TCP)

# packet, fields with their values, fields that it does not have
CASES: dict[str, tuple[Seen, dict[str, int | str], tuple[str, ...]]] = {
    "tcp": (
        FIRST,
        {"protocol": 6, "sport": 40000, "dport": 80, "tcp-flags": 2, "nfproto": 2, "ethertype": 0x800, "ttl": 64},
        ("icmp", "saddr6"),
    ),
    "udp has ports, no flags": (Seen(UDP_PACKET), {"dport": 53}, ("tcp-flags",)),
    "icmp: the id is no port": (Seen(ECHO), {"icmp": 2048}, ("sport", "dport", "icmp6")),
    "icmp6": (Seen(ECHO6), {"icmp6": 128 << 8, "nfproto": 10, "ethertype": 0x86DD, "saddr6": 1}, ("icmp", "saddr4")),
    "another protocol": (Seen(GRE), {"protocol": 47}, ("sport", "dport")),
    "no transport header": (Seen(SECOND_FRAGMENT), {"protocol": 6}, ("sport", "dport")),
    "interfaces": (FIRST, {"iif": "eth0", "oif": "docker0", "physin": "", "physout": ""}, ()),
    "not tracked yet is invalid": (Seen(UDP_PACKET), {"ct-state": CT_INVALID}, ("ct-mark", "ct-status", "ct-protocol")),
    "connection": (
        FIRST,
        {"ct-state": CT_NEW, "ct-mark": 0x10, "ct-orig-saddr4": CLIENT, "ct-repl-saddr4": WEB, "ct-orig-dport": 80,
         "ct-repl-sport": 80, "ct-direction": 0, "ct-zone": 0, "ct-protocol": 6},
        ("ct-orig-saddr6",),
    ),
    "unknown owner": (Seen(UDP_PACKET), {}, ("skuid", "skgid", "socket", "smac", "dmac")),
    "a process's socket": (Seen(UDP_PACKET, oif="eth0", uid=0), {"socket": 1, "skuid": 0}, ()),
    "a socket of the kernel's own": (Seen(UDP_PACKET, oif="eth0", by_kernel=True), {"socket": 1}, ("skuid",)),
    "forwarded": (Seen(UDP_PACKET, iif="eth0", oif="docker0"), {"socket": 0}, ("skuid",)),
    "owner and hardware addresses": (
        Seen(msgspec.structs.replace(UDP_PACKET, smac=1, dmac=2), uid=0, gid=5),
        {"skuid": 0, "skgid": 5, "smac": 1, "dmac": 2},
        (),
    ),
}  # fmt: skip


@each_row(("seen", "has", "lacks"), CASES.values(), ids=CASES)
def test_header(seen: Seen, has: dict[str, int | str], lacks: tuple[str, ...]) -> None:
    header = header_of(seen)
    assert {field: header.get(field) for field in has} == has
    assert [field for field in lacks if field in header] == []
