"""Queueing disciplines and filters: which packets they take."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.traffic_control import BitsMatch, Filter, FilterAction, HeaderMatch, ProgramMatch, Qdisc, UnknownMatch
from hairpin.netfilter.evaluate.bytecode import read_program
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.packet import ICMP6, SYN, TCP, Packet
from hairpin.walk.link.traffic_control import (
    longest_taken,
    matches,
    through_filters,
    through_queue,
    through_traffic_control,
    with_programs,
)
from hairpin.walk.state import End, State
from tests.rows import each_row
from tests.small_host import HOST_NETNS

TCP_SYN = Packet(4, 0x0A010203, 0xC6336402, TCP, 40000, 80, tcp_flags=2)
FULL = msgspec.structs.replace(TCP_SYN, length_bytes=1500)
ECHO6 = Packet(6, 1, 2 << 96, ICMP6, icmp=128 << 8)
QDISCS: dict[str, tuple[tuple[Qdisc, ...], int | None]] = {
    "blackhole": ((Qdisc("blackhole"),), 0),
    "no packet": ((Qdisc("pfifo", limit=0),), 0),
    "one packet": ((Qdisc("pfifo", limit=1),), None),
    "as many bytes as one frame": ((Qdisc("bfifo", limit=1514),), 1500),
    "a burst below one segment": ((Qdisc("tbf", burst_bytes=1000),), 986),
    "its queue is shorter": ((Qdisc("tbf", burst_bytes=2000, limit=60),), 46),
    "all are lost": ((Qdisc("netem", loss=1.0, limit=1000),), 0),
    "some are lost": ((Qdisc("netem", loss=0.5, limit=1000),), None),
    "it holds none": ((Qdisc("netem", limit=0),), 0),
    "its child takes none": ((Qdisc("netem", "1:", limit=1000), Qdisc("pfifo", "2:", "1:1", limit=0)), 0),
    "a class takes none": ((Qdisc("pfifo", "2:", "1:10", limit=0),), None),
    "no class": ((Qdisc("drr"),), 0),
    "none": ((), None),
}


@each_row(("qdiscs", "most"), QDISCS.values(), ids=QDISCS)
def test_longest_taken(qdiscs: tuple[Qdisc, ...], most: int | None) -> None:
    link = Link(2, "eth0", qdiscs=qdiscs)
    assert longest_taken(link) == most
    for packet in (TCP_SYN, FULL):
        (end,) = through_queue(Namespace("host"), State("device-out", HOST_NETNS, packet, oif="eth0"), link)
        assert isinstance(end, End) is (most is not None and packet.length_bytes > most)


def test_filters_sort_packets_into_classes() -> None:
    assert longest_taken(Link(2, "eth0", qdiscs=(Qdisc("drr"),), filters=(Filter("root", "matchall", 1),))) is None


def tcp(*more: HeaderMatch) -> Filter:
    return Filter("ingress", "flower", 1, "ip", matches=(HeaderMatch("protocol", 6, 6), *more), action="drop")


def bits(*each: BitsMatch) -> Filter:
    return Filter("ingress", "u32", 1, "ip", matches=each, action="drop")


MATCHES: dict[str, tuple[Filter, Packet, Truth]] = {
    "every packet": (Filter("ingress", "matchall", 1), TCP_SYN, Truth.YES),
    "its protocol": (tcp(), TCP_SYN, Truth.YES),
    "its port": (tcp(HeaderMatch("dport", 80, 90)), TCP_SYN, Truth.YES),
    "another port": (tcp(HeaderMatch("dport", 443, 443)), TCP_SYN, Truth.NO),
    "its source": (tcp(HeaderMatch("saddr", 0x0A010000, 0x0A01FFFF)), TCP_SYN, Truth.YES),
    "a type of ICMP": (
        Filter("ingress", "flower", 1, "ipv6", matches=(HeaderMatch("icmp-type", 128, 128),)), ECHO6, Truth.YES),
    "a port of ICMP": (tcp(HeaderMatch("dport", 0, 65535)), ECHO6, Truth.NO),
    "u32: the port": (bits(BitsMatch(20, 0xFFFF, 80)), TCP_SYN, Truth.YES),
    "u32: another port": (bits(BitsMatch(20, 0xFFFF, 81)), TCP_SYN, Truth.NO),
    "u32: the protocol": (bits(BitsMatch(8, 0xFF0000, 6 << 16)), TCP_SYN, Truth.YES),
    "u32: the source": (bits(BitsMatch(12, 0xFFFF0000, 0x0A010000)), TCP_SYN, Truth.YES),
    "u32: the flags": (bits(BitsMatch(32, 0xFF0000, 2 << 16)), TCP_SYN, Truth.YES),
    "u32: the checksum": (bits(BitsMatch(8, 0xFFFF, 1)), TCP_SYN, Truth.UNKNOWN),
    "u32: nothing": (bits(BitsMatch(0, 0, 0)), TCP_SYN, Truth.YES),
    "what is not modelled": (Filter("ingress", "bpf", 1, matches=(UnknownMatch(),)), TCP_SYN, Truth.UNKNOWN),
}  # fmt: skip


@each_row(("by", "packet", "truth"), MATCHES.values(), ids=MATCHES)
def test_matches(by: Filter, packet: Packet, truth: Truth) -> None:
    assert matches(packet, by) is truth


DROP, PASS = (msgspec.structs.replace(tcp(), action=each) for each in ("drop", "pass"))
OPAQUE = Filter("ingress", "bpf", 1, matches=(UnknownMatch(),), action="drop")
TO = Filter("ingress", "matchall", 1, action="redirect", to_link="ifb0")
FILTERED: dict[str, tuple[tuple[Filter, ...], list[str]]] = {
    "dropped": ((DROP,), ["dropped tc-filter"]),
    "passed before": ((PASS, DROP), ["on"]),
    "of another protocol": ((msgspec.structs.replace(DROP, protocol="ipv6"),), ["on"]),
    "on the way out": ((msgspec.structs.replace(DROP, place="egress"),), ["on"]),
    "not modelled": ((OPAQUE,), ["unknown opaque-device", "on"]),
    "not modelled, behind one that drops": ((DROP, OPAQUE), ["dropped tc-filter"]),
    "another action": ((msgspec.structs.replace(DROP, action="unknown"),), ["unknown opaque-device", "on"]),
    "to an ifb device": ((TO,), ["on"]),
    "to an ifb device that takes none": ((msgspec.structs.replace(TO, to_link="ifb1"),), ["dropped qdisc"]),
    "to a dummy device": ((msgspec.structs.replace(TO, to_link="dummy0"),), ["dropped tc-filter"]),
    "to another device": ((msgspec.structs.replace(TO, to_link="eth1"),), ["unknown opaque-device"]),
}
SPACE = Namespace(
    "host",
    links=(
        Link(3, "ifb0", "ifb"), Link(4, "ifb1", "ifb", qdiscs=(Qdisc("blackhole"),)), Link(5, "dummy0", "dummy"),
        Link(6, "eth1"),
    ),
)  # fmt: skip


@each_row(("filters", "expected"), FILTERED.values(), ids=FILTERED)
def test_filtered(filters: tuple[Filter, ...], expected: list[str]) -> None:
    state = State("device-in", HOST_NETNS, TCP_SYN, iif="eth0")
    found = through_filters(SPACE, state, Link(2, "eth0", filters=filters), ("ingress",))
    assert [_told(each) for each in found] == expected


def test_a_rate_of_the_link_is_a_limit_of_what_passes() -> None:
    state = State("device-out", HOST_NETNS, TCP_SYN, oif="eth0")
    shaped = Qdisc("tbf", burst_bytes=10240, words=("rate", "1000000bit", "burst", "10240"))
    policing = msgspec.structs.replace(PASS, place="egress", polices=True)
    link = Link(2, "eth0", filters=(policing,), qdiscs=(shaped,))
    (passed,) = through_traffic_control(SPACE, state, link)
    assert isinstance(passed, State)
    assert [str(each.bound) for each in passed.history.conditions if each.load] == [
        "the packets stay below the rate of the policer on eth0", "eth0 sends at most 1000000bit per second"
    ]  # fmt: skip


def test_on_the_way_out_filters_come_before_the_queue() -> None:
    state = State("device-out", HOST_NETNS, TCP_SYN, oif="eth0")
    dropping = msgspec.structs.replace(DROP, place="egress")
    link = Link(2, "eth0", filters=(dropping,), qdiscs=(Qdisc("blackhole"),))
    assert [_told(each) for each in through_traffic_control(SPACE, state, link)] == ["dropped tc-filter"]
    assert [
        _told(each) for each in through_traffic_control(SPACE, state, msgspec.structs.replace(link, filters=()))
    ] == ["dropped qdisc"]
    bare = msgspec.structs.replace(link, filters=(), carrier=False)
    assert [_told(each) for each in through_traffic_control(SPACE, state, bare)] == ["on"]


def _told(outcome: State | End) -> str:
    if isinstance(outcome, State):
        return "on"
    assert outcome.stop is not None
    return f"{outcome.kind} {outcome.stop.reason}"


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
