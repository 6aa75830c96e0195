from datetime import UTC, datetime

import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter.ir import Key, NameKey, NumberKey, Ranges
from hairpin.netfilter.limit import TimeWindow
from hairpin.netfilter.nft.syntax import Json
from hairpin.netfilter.nft.values import interface, interval, intervals, key, key_text, number, ranges_text, time_window
from tests.rows import each_row

NUMBERS: dict[str, tuple[Json, str, int | None]] = {
    "number": (22, "inet_service", 22),
    "protocol by name": ("tcp", "inet_proto", 6),
    "protocol without a name": (200, "inet_proto", 200),
    "address": ("10.0.0.1", "ipv4_addr", 0x0A000001),
    "address of IPv6": ("fd00::1", "ipv6_addr", 0xFD00 << 112 | 1),
    "hardware address": ("02:00:00:00:00:01", "ether_addr", 0x020000000001),
    "state": ("related", "ct_state", 4),
    "several flags": (["established", "related"], "ct_state", 6),
    "flags, newer form": ({"|": ["syn", "ack"]}, "tcp_flag", 18),
    "one flag unknown": (["syn", "ece"], "tcp_flag", None),
    "dscp": ("ef", "dscp", 46),
    "ethertype": ("ip6", "ether_type", 0x86DD),
    "hexadecimal text": ("0x10", "mark", 16),
    "boolean": (True, "boolean", 1),
    "name of a mark in rt_marks": ("vpn", "mark", None),
    "user by name": ("alice", "uid", None),
    "version of a header, as nfproto": (6, "ip_version", 10),
    "version that is none": (5, "ip_version", None),
    "negative": (-1, "mark", None),
    "broken address": ("10.0.0", "ipv4_addr", None),
    "object": ({"prefix": {}}, "ipv4_addr", None),
}


@each_row(("value", "kind", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_number(value: Json, kind: str, expected: int | None) -> None:
    assert number(value, kind) == expected


INTERVALS: dict[str, tuple[Json, str, tuple[int, int] | None]] = {
    "single": (80, "inet_service", (80, 80)),
    "range": ({"range": [80, 90]}, "inet_service", (80, 90)),
    "range of addresses": ({"range": ["10.0.0.1", "10.0.0.9"]}, "ipv4_addr", (0x0A000001, 0x0A000009)),
    "prefix": ({"prefix": {"addr": "10.0.0.0", "len": 8}}, "ipv4_addr", (0x0A000000, 0x0AFFFFFF)),
    "everything": ({"prefix": {"addr": "::", "len": 0}}, "ipv6_addr", (0, (1 << 128) - 1)),
    "element with a timeout": ({"elem": {"val": 80, "timeout": 5}}, "inet_service", (80, 80)),
    "range the wrong way": ({"range": [90, 80]}, "inet_service", None),
    "prefix too long": ({"prefix": {"addr": "10.0.0.0", "len": 33}}, "ipv4_addr", None),
    "prefix without length": ({"prefix": {"addr": "10.0.0.0"}}, "ipv4_addr", None),
    "element within an element": ({"elem": {"timeout": 5}}, "inet_service", None),
}


@each_row(("value", "kind", "expected"), INTERVALS.values(), ids=INTERVALS)
def test_interval(value: Json, kind: str, expected: tuple[int, int] | None) -> None:
    assert interval(value, kind) == expected


def test_ranges_are_sorted_and_neighbours_joined() -> None:
    assert intervals([443, {"range": [80, 90]}, 91, 85], "inet_service") == ((80, 91), (443, 443))
    assert intervals([80, "http"], "inet_service") is None


def test_an_interface_may_be_an_index_that_no_link_has() -> None:
    assert interface("eth*", "ifname") == "eth*"
    assert interface("lo", "iface_index") == "lo"
    assert interface("0", "iface_index") == ""
    assert interface(77, "iface_index") == "index:77"
    assert interface("7", "ifname") == "7"
    assert interface("odd\\*", "ifname") == "odd\\*"


def test_an_icmp_type_covers_all_its_codes() -> None:
    assert key("echo-request", "icmp_type") == NumberKey(0x0800, 0x08FF)
    assert key("docker0", "ifname") == NameKey("docker0")
    assert key({"range": [1, 2]}, "mark") == NumberKey(1, 2)
    assert key("nonsense", "ct_state") is None


RANGES: dict[str, tuple[Ranges, str]] = {
    "80": (((80, 80),), "inet_service"),
    "80-90": (((80, 90),), "inet_service"),
    "{ 80, 90-99 }": (((80, 80), (90, 99)), "inet_service"),
    "10.0.0.0-10.0.0.255": (((0x0A000000, 0x0A0000FF),), "ipv4_addr"),
    "fd00::1": (((0xFD << 120 | 1, 0xFD << 120 | 1),), "ipv6_addr"),
    "02:42:ac:11:00:02": (((0x0242AC110002, 0x0242AC110002),), "ether_addr"),
    "ipv6": (((10, 10),), "nf_proto"),
}


@each_row(("text", "of"), RANGES.items())
def test_ranges(text: str, of: tuple[Ranges, str]) -> None:
    assert ranges_text(*of) == text


KEYS: dict[str, tuple[tuple[Key, ...], tuple[str, ...]]] = {
    "*": ((), ("ipv4_addr",)),
    '"eth0" . 6': ((NameKey("eth0"), NumberKey(6, 6)), ("ifname", "inet_proto")),
    "8": ((NumberKey(0x800, 0x8FF),), ("icmp_type",)),
}


@pytest.mark.parametrize(("text", "of"), KEYS.items())
def test_keys(text: str, of: tuple[tuple[Key, ...], tuple[str, ...]]) -> None:
    assert key_text(*of) == text


def test_a_key_has_a_dimension_for_each_type() -> None:
    with pytest.raises(ChangeError, match="dimensions"):
        key_text((NumberKey(1, 1),), ("inet_proto", "inet_service"))


HOUR = 3600
DAY = 86400
PAST = int(datetime(2025, 6, 30, 23, 59, 59, tzinfo=UTC).timestamp())
WINDOWS: dict[str, tuple[str, str, Json, TimeWindow | None]] = {
    "until": ("time", "<", "2025-06-30 23:59:59", TimeWindow(0, PAST - 1, in_kernels_zone=True)),
    "from": ("time", ">=", "2025-06-30 23:59:59", TimeWindow(PAST, in_kernels_zone=True)),
    "between": (
        "time", "==", {"range": ["2025-06-29 23:59:59", "2025-06-30 23:59:59"]},
        TimeWindow(PAST - DAY, PAST, in_kernels_zone=True),
    ),
    "at night": (
        "hour", "!=", {"range": ["06:00", "22:00"]},
        TimeWindow(day_start_s=22 * HOUR + 1, day_stop_s=6 * HOUR - 1, in_kernels_zone=True),
    ),
    "from eight on": ("hour", ">=", "08:00", TimeWindow(day_start_s=8 * HOUR, in_kernels_zone=True)),
    "before the day begins": ("hour", "<", "00:00", None),
    "at one second": ("hour", "==", "08:00", None),
    "not at one moment": ("time", "!=", "2025-06-30 23:59:59", None),
    "two days": ("day", "==", {"set": ["Monday", "Tuesday"]},
                 TimeWindow(weekdays=frozenset({1, 2}), in_kernels_zone=True)),
    "not on Sunday": ("day", "!=", "Sunday", TimeWindow(weekdays=frozenset(range(1, 7)), in_kernels_zone=True)),
    "a set of nft": ("day", "==", "@days", None),
    "a number": ("day", "==", 3, None),
    "a date that no calendar has": ("time", "<", "2025-02-31 00:00:00", None),
}  # fmt: skip


@each_row(("key", "operator", "right", "expected"), WINDOWS.values(), ids=list(WINDOWS))
def test_time_window(key: str, operator: str, right: Json, expected: TimeWindow | None) -> None:
    assert time_window(key, operator, right) == expected
