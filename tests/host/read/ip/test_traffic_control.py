"""Traffic control filters: there or not, and for which packets."""

import pytest

from hairpin.host.link import Link
from hairpin.host.read.ip.traffic_control import Filtered, filtered, with_filters

FILTER = '[{"protocol":"all","pref":49152,"kind":"bpf","chain":0}]'
CASES: dict[str, tuple[str, str, Filtered | None]] = {
    "ingress": (FILTER, "tc -j filter show dev eth0 ingress", Filtered("eth0", "ingress")),
    "egress": (FILTER, "tc -j filter show dev eth0 egress", Filtered("eth0", "egress")),
    "of a queueing discipline": (FILTER, "tc -j -d filter show dev eth0", Filtered("eth0", "egress")),
    "words": ("filter protocol all pref 1 bpf", "tc -d filter show dev eth0 ingress", Filtered("eth0", "ingress")),
    "none": ("[]\n", "tc -j filter show dev eth0 ingress", None),
    "none, in words": ("", "tc filter show dev eth0 ingress", None),
    "of what": (FILTER, "tc -j filter show", None),
}


@pytest.mark.parametrize(("text", "origin", "expected"), CASES.values(), ids=CASES)
def test_filtered(text: str, origin: str, expected: Filtered | None) -> None:
    assert filtered(text, origin=origin) == expected


def test_with_filters() -> None:
    links = (Link(1, "eth0"), Link(2, "eth1"))
    marked = with_filters(links, (Filtered("eth0", "ingress"), Filtered("eth1", "egress")))
    assert [(item.tc_ingress, item.tc_egress) for item in marked] == [(True, False), (False, True)]
    assert with_filters(links, ()) == links
