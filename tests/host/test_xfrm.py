"""Policies of IPsec."""

from hairpin.host.xfrm import LAST, XfrmPolicy
from hairpin.netfilter.address import Prefix


def test_the_kernels_default_stands_behind_every_policy() -> None:
    all_packets = Prefix(4, 0, 0)
    assert XfrmPolicy("in", all_packets, all_packets, priority=LAST).is_default
    assert not XfrmPolicy("in", all_packets, all_packets, priority=LAST - 1).is_default
