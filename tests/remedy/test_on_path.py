"""Whether a flow passes what a change touches."""

import pytest

from hairpin.change.change import Change, DeleteRule, SetSysctl
from hairpin.host.netns import Netns
from hairpin.netfilter.evaluate.chain import Place
from hairpin.remedy.on_path import on_path
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import ruled
from tests.rule_text import with_rule
from tests.small_host import HOST_NETNS, egress, published

WHOLE = ruled(with_rule("filter DOCKER-USER", "-i eth0 -j DROP"))


def rule_of(table: str, chain: str) -> Change:
    return Change((DeleteRule(HOST_NETNS, Place("iptables-nft", "ip", table, chain, 1, "-j DROP", None)),))


def sysctl_of(netns: Netns) -> Change:
    return Change((SetSysctl(netns, ("net", "ipv4", "ip_forward"), "1"),))


CASES: dict[str, tuple[Change, bool, bool]] = {
    "a rule of a chain that FORWARD jumps to": (rule_of("filter", "DOCKER-USER"), True, True),
    "a rule of INPUT": (rule_of("filter", "INPUT"), False, False),
    "a sysctl of the namespace": (sysctl_of(HOST_NETNS), True, True),
    "a sysctl of another namespace": (sysctl_of(Netns("test", "x")), False, False),
}


@pytest.mark.parametrize(("change", "inward", "outward"), CASES.values(), ids=CASES)
def test_a_flow_passes_what_is_on_its_way(change: Change, *, inward: bool, outward: bool) -> None:
    for flow, expected in ((published(), inward), (egress(), outward)):
        assert on_path(walk_flow(WHOLE, flow), change, WHOLE) is expected
