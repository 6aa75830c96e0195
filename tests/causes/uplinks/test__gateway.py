"""The change that sends packets out by the uplink that has their address."""

import msgspec
import pytest

from hairpin.causes.uplinks._gateway import ways_home
from hairpin.change.change import AddEntry
from hairpin.change.commands.text import all_shown
from hairpin.change.simulation.simulate import simulate
from hairpin.change.steps import steps
from hairpin.host.route import PolicyRule
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from hairpin.walk.trace import ForeignSource
from hairpin.walk.walk import walk_flow
from tests.small_host import HOST_NETNS
from tests.two_uplinks import OF_SECOND, SECOND, STRICT, TO_SECOND, two_uplinks

ABOUT = ForeignSource(HOST_NETNS, 4, SECOND, "eth1", "eth0")


def delivering(net: Network) -> list[int]:
    """Return the numbers of the changes after which the router has nothing to drop."""
    walks = [walk_flow(simulate(change, net), TO_SECOND) for change in ways_home(net, ABOUT)]
    return [number for number, each in enumerate(walks) if each.succeeds and not each.rests_on_grant]


def test_a_container_s_answers_need_a_mark_and_not_a_rule_for_the_address() -> None:
    """NAT of the answer is undone after routing."""
    assert delivering(two_uplinks(world=STRICT)) == [1, 2]
    assert delivering(two_uplinks()) == [1, 2]


def test_the_commands_use_the_table_that_the_uplink_has() -> None:
    net = two_uplinks()
    _, marking, _ = ways_home(net, ABOUT)
    bit = "0x100000/0x100000"
    keeping = f"-i eth1 -m conntrack --ctdir ORIGINAL -j CONNMARK --set-xmark {bit}"
    restoring = f"! -i eth1 -m connmark --mark {bit} -m conntrack --ctdir REPLY -j MARK --set-xmark {bit}"
    assert all_shown(steps(marking, net), guarded=False) == (
        f"iptables -t mangle -A PREROUTING {keeping}",
        f"iptables -t mangle -A PREROUTING {restoring}",
        f"ip rule add priority 90 fwmark {bit} lookup 100",
    )


def test_a_table_is_made_if_the_uplink_has_none() -> None:
    net = two_uplinks(table=254, rules=())
    _, marking, _ = ways_home(net, ABOUT)
    assert "ip route add default via 198.18.0.1 dev eth1 table 100" in all_shown(steps(marking, net), guarded=False)
    assert delivering(net) == [1, 2]


def test_without_a_router_behind_the_uplink_there_is_no_change() -> None:
    assert list(ways_home(two_uplinks(router=False), ABOUT)) == []


@pytest.mark.parametrize(("masks", "expected"), (
    ((), 0x100000),
    ((0xFFFFFFFF,), 0x100000),
    ((0x100000, 0x200000), 0x400000),
))  # fmt: skip
def test_the_mark_is_a_bit_that_no_rule_looks_at(masks: tuple[int, ...], expected: int) -> None:
    others = tuple(PolicyRule(4, 200 + number, table=100, mark=(1, mask)) for number, mask in enumerate(masks))
    marking = next(iter(list(ways_home(two_uplinks(rules=(OF_SECOND, *others)), ABOUT))[1:]))
    rule = next(part.entry for part in marking.parts if isinstance(part, AddEntry))
    assert isinstance(rule, PolicyRule)
    assert rule.mark == (expected, expected)


def test_the_rule_comes_before_those_that_the_host_has() -> None:
    early = PolicyRule(4, 5, table=254, source=(1, 32))
    made = list(ways_home(two_uplinks(rules=(OF_SECOND, early)), ABOUT))[1].parts[-1]
    assert isinstance(made, AddEntry)
    assert isinstance(made.entry, PolicyRule)
    assert made.entry.priority == 4


def test_a_rule_for_the_address_leaves_the_host_s_own_networks_alone() -> None:
    """The host itself asks its port at that address: the packet is translated to the container, and its source is the
    address."""
    net = two_uplinks(table=254, rules=())
    asked = msgspec.structs.replace(TO_SECOND, start=FromHost())
    assert walk_flow(net, asked).succeeds
    for_own, *_ = ways_home(net, ABOUT)
    assert walk_flow(simulate(for_own, net), asked).succeeds
    assert all_shown(steps(for_own, net), guarded=False)[1:] == (
        "ip rule add priority 89 from 198.18.0.11/32 lookup main suppress_prefixlength 0",
        "ip rule add priority 90 from 198.18.0.11/32 lookup 100",
    )
