import pytest

from hairpin.errors import ParseError
from hairpin.host.limit_state import HashBucket, RecentAddress
from hairpin.host.read.ip.limits_text import parse

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
    found = parse(TEXT, source="x", evidence="e1")
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
    assert parse(f"jiffies: {jiffies}\nuptime: {uptime}\n", source="x").ticks_per_s == ticks


def test_without_the_clock_there_is_no_frequency() -> None:
    assert parse("uptime: 7.0\n", source="x").ticks_per_s is None


def test_a_broken_line_is_an_error() -> None:
    with pytest.raises(ParseError):
        parse("/proc/net/ipt_hashlimit/HL:58\n", source="x")
