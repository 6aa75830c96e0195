from pathlib import Path

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.limit_state import Counters, HashBucket, RecentAddress
from hairpin.host.read.ip.proc_text import counters, limits, queues, sysctls, virtual_services
from hairpin.host.socket import VirtualService
from hairpin.network.prefix import parse_address
from tests.rows import each_row

# As Linux 6.18 prints them.
TEXT = """\
jiffies: 4295794136
uptime: 3607.53
/proc/net/xt_recent/SSH:src=192.0.2.10 ttl: 64 last_seen: 4295637987 oldest_pkt: 2 4295637223, 4295637987
/proc/net/xt_recent/SIX:src=2001:0db8:0000:0000:0000:0000:0000:0010 ttl: 64 last_seen: 4 oldest_pkt: 1 4
/proc/net/ipt_hashlimit/HL:58 192.0.2.10:0->0.0.0.0:23 696540616196096 8246337180000000 4123168590000000
/proc/net/ip6t_hashlimit/HL:5 [2001:0db8:0000:0000:0000:0000:0000:0010]:0->[::]:0 1 2 3
"""


def test_lists_and_buckets_are_read() -> None:
    found = limits(text_reading(TEXT, "x", "e1"))
    six = 0x20010DB8000000000000000000000010
    assert found.recent == (
        RecentAddress("SSH", 4, 0xC000020A, (4295637223, 4295637987)),
        RecentAddress("SIX", 6, six, (4,)),
    )
    assert found.buckets == (
        HashBucket("HL", 4, 0xC000020A, 0, 0, 23, 696540616196096, 4123168590000000),
        HashBucket("HL", 6, six, 0, 0, 0, 1, 3),
    )
    assert (found.jiffies, found.ticks_per_s, found.evidence) == (4295794136, 250, "e1")


@pytest.mark.parametrize(
    ("uptime", "ticks"), {"290.0": None, "0.0": 1000, "1300.0": 1000}.items(), ids=("near zero", "below", "above")
)
def test_the_clocks_frequency_follows_from_the_uptime(uptime: str, ticks: int | None) -> None:
    jiffies = (1 << 32) + int((float(uptime) - 300) * 1000)
    assert limits(text_reading(f"jiffies: {jiffies}\nuptime: {uptime}\n", "x")).ticks_per_s == ticks


def test_without_the_clock_there_is_no_frequency() -> None:
    assert limits(text_reading("uptime: 7.0\n", "x")).ticks_per_s is None


def test_a_broken_line_is_an_error() -> None:
    with pytest.raises(ParseError):
        limits(text_reading("/proc/net/ipt_hashlimit/HL:58\n", "x"))


# As Linux 6.18 prints them; the columns between are left out.
TEXT_COUNTERS = """\
/proc/net/stat/nf_conntrack:entries  found invalid insert_failed drop early_drop
/proc/net/stat/nf_conntrack:00040000  00000000 00000001 00000000 0000000a 00000002
/proc/net/stat/nf_conntrack:00040000  00000000 00000001 00000000 00000001 00000000
/proc/net/stat/arp_cache:entries  allocs forced_gc_runs table_fulls
/proc/net/stat/arp_cache:00000400  0000a000 00000001 00000010
/proc/net/stat/arp_cache:00000400  0000a000 00000001 00000001
/proc/net/stat/ndisc_cache:entries  allocs
/proc/net/stat/ndisc_cache:00000003  00000004
"""


def test_the_counters_of_all_cpus_are_added() -> None:
    assert counters(text_reading(TEXT_COUNTERS, "x", "e1")) == Counters(11, 2, ((4, 1024, 17), (6, 3, 0)), "e1")


def test_nothing_counted() -> None:
    assert counters(text_reading("", "x")) == Counters()


def test_a_broken_line_is_an_error_in_counters() -> None:
    with pytest.raises(ParseError):
        counters(text_reading("/proc/net/stat/arp_cache:entries\n/proc/net/stat/arp_cache:many\n", "x"))


TEXT_IPVS = (Path(__file__).parents[3] / "fixtures" / "netfilter" / "ip_vs-6.1.txt").read_text("utf-8")
VIP, VIP6 = (parse_address(each)[1] for each in ("10.0.9.2", "2001:db8::5"))


def test_services() -> None:
    assert virtual_services(text_reading(TEXT_IPVS, "/proc/net/ip_vs", "e9")) == (
        VirtualService(None, 6, 6, VIP6, 443, "e9", 1),
        VirtualService(None, 17, 4, VIP, 53, "e9"),
        VirtualService(None, 6, 4, VIP, 80, "e9", 1),
        VirtualService(256, evidence="e9", servers=2),
    )


@pytest.mark.parametrize("line", ("FWM  many rr", "TCP  0A000902 rr", "TCP"))
def test_damage_is_a_parse_error_with_its_line(line: str) -> None:
    with pytest.raises(ParseError, match="ip_vs:2"):
        virtual_services(text_reading(f"\n{line}\n", "ip_vs"))


TEXT_SYSCTL = """\
/proc/sys/net/ipv4/ip_forward:1
/proc/sys/net/ipv4/conf/eth0.100/forwarding:0
/proc/sys/net/ipv4/ip_local_port_range:32768\t60999
/proc/sys/net/core/default_qdisc:
/proc/sys/net/x/two_lines:one
/proc/sys/net/x/two_lines:two
"""


def test_values() -> None:
    found = sysctls(text_reading(TEXT_SYSCTL, "/proc/sys/net", "e5"))
    assert found.evidence == "e5"
    assert found.number("net", "ipv4", "ip_forward") == 1
    assert found.number("net", "ipv4", "conf", "eth0.100", "forwarding") == 0
    assert found.text("net", "ipv4", "ip_local_port_range") == "32768\t60999"
    assert found.text("net", "core", "default_qdisc") == ""
    assert found.text("net", "x", "two_lines") == "one\ntwo"
    assert len(found.values) == 5


@each_row(
    "line",
    (
        "net.ipv4.ip_forward = 1",
        "/proc/sys/net/ipv4/ip_forward",
        "/etc/passwd:x",
        "/proc/sys/kernel/core_pattern:x",
        "/proc/sys/net/../kernel/core_pattern:x",
    ),
)
def test_damage_is_a_parse_error_with_its_line_in_sysctl(line: str) -> None:
    with pytest.raises(ParseError) as caught:
        sysctls(text_reading(f"{TEXT_SYSCTL}{line}\n", "/proc/sys/net"))
    assert (caught.value.line, caught.value.text) == (7, line)


def test_queues_that_a_program_reads() -> None:
    """As Linux 6.18 lists them.  A queue whose program takes no packets (copy mode 0) counts as unread."""
    text = "    3  12345     0 2  65531     0     0        7  1\n    4  12345     0 0      0     0     0        0  1\n"
    assert queues(text_reading(text, "/proc/net/netfilter/nfnetlink_queue")) == frozenset({3})
    assert queues(text_reading("", "/proc/net/netfilter/nfnetlink_queue")) == frozenset()
    with pytest.raises(ParseError):
        queues(text_reading("3 12345\n", "/proc/net/netfilter/nfnetlink_queue"))
