"""The counters that grew, those of rules that drop first."""

from hairpin.host.netns import Netns
from hairpin.live.moved import moved_counters, read_counters

HOST = Netns("h")


def test_only_what_grew_is_told_and_drops_come_first() -> None:
    found = moved_counters(
        HOST, {("a", "other"): 1, ("b", "other"): 2}, {("a", "other"): 9, ("b", "other"): 2, ("c", "drop"): 1}
    )
    assert [(each.name, each.by, each.does) for each in found] == [("c", 1, "drop"), ("a", 8, "other")]


def test_the_kernels_own_counters_are_read_here() -> None:
    names = {name for name, _ in read_counters(HOST, frozenset())}
    assert {"IpInDiscards", "TcpRetransSegs", "softnet dropped", "lo rx_drop"} <= names
