"""Programs of classic BPF in tc filters, as the kernel judged them on a veth pair (Linux 6.18)."""

from hairpin.host.link import Link
from hairpin.host.traffic_control import Filter, FilterAction, ProgramMatch, UnknownMatch
from hairpin.netfilter.evaluate.bytecode import read_program
from hairpin.netfilter.packet import SYN, TCP, Packet
from hairpin.walk.link.filter_programs import with_programs
from tests.rows import each_row

ETH0 = Link(1, "eth0")
TO_8080 = Packet(4, 0xC000020A, 0xC633640B, TCP, sport=40000, dport=8080, tcp_flags=SYN)
TO_80 = Packet(4, 0xC000020A, 0xC633640B, TCP, sport=40000, dport=80, tcp_flags=SYN)
DROPS_8080 = "8,40 0 0 12,21 0 5 2048,48 0 0 23,21 0 3 6,40 0 0 36,21 0 1 8080,6 0 0 2,6 0 0 0"


def direct(text: str) -> Filter:
    return Filter("ingress", "bpf", 1, action="unknown", program=read_program(text))


@each_row(
    ("text", "packet", "action"),
    (
        (DROPS_8080, TO_8080, "drop"),
        (DROPS_8080, TO_80, "pass"),
        ("1,6 0 0 0", TO_80, "pass"),
        ("1,6 0 0 4294967295", TO_80, "continue"),
        ("1,6 0 0 4", TO_80, "drop"),
        ("1,6 0 0 7", TO_80, "unknown"),
        ("4,40 0 0 18,21 0 1 5,6 0 0 2,6 0 0 0", TO_80, "unknown"),
        ("4,40 0 0 18,21 0 1 5,6 0 0 1,6 0 0 0", TO_80, "pass"),
    ),
)
def test_direct_action(text: str, packet: Packet, action: FilterAction) -> None:
    assert with_programs(direct(text), packet, ETH0).action == action


def test_a_program_that_is_a_match() -> None:
    by = Filter("ingress", "bpf", 1, matches=(ProgramMatch(read_program(DROPS_8080)),), action="drop")
    assert with_programs(by, TO_8080, ETH0) == Filter("ingress", "bpf", 1, action="drop")
    assert with_programs(by, TO_80, ETH0).action == "continue"
    unknown = Filter("ingress", "bpf", 1, matches=(ProgramMatch(read_program("2,40 0 0 18,22 0 0 0")),), action="drop")
    assert with_programs(unknown, TO_80, ETH0).matches == (UnknownMatch(),)


def test_a_link_without_a_link_header() -> None:
    program = "4,48 0 0 9,21 0 1 6,6 0 0 2,6 0 0 0"
    assert with_programs(direct(program), TO_80, Link(2, "wg0", kind="wireguard")).action == "drop"
    assert with_programs(direct(program), TO_80, ETH0).action == "unknown"
