import pytest

from hairpin.errors import ParseError
from hairpin.host.limit_state import Counters
from hairpin.host.read.ip.counters_text import parse

# As Linux 6.18 prints them; the columns between are left out.
TEXT = """\
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
    assert parse(TEXT, source="x", evidence="e1") == Counters(11, 2, ((4, 1024, 17), (6, 3, 0)), "e1")


def test_nothing_counted() -> None:
    assert parse("", source="x") == Counters()


def test_a_broken_line_is_an_error() -> None:
    with pytest.raises(ParseError):
        parse("/proc/net/stat/arp_cache:entries\n/proc/net/stat/arp_cache:many\n", source="x")
