"""What the outside has to grant so that a flow succeeds."""

from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.trace import ForeignSource
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import HOST_NETNS, network, published
from tests.two_uplinks import LENIENT, SECOND, STRICT, TO_SECOND, two_uplinks

TAKEN = (
    "Does the router 198.51.100.1 behind eth0 forward packets from 198.18.0.11, the address of eth1? These packets "
    "take the route `default via 198.51.100.1 dev eth0`, through another uplink than that of their source address"
)
NEAR = Flow(Lan(parse_address("198.51.100.30")[1]), 4, SECOND, "tcp", 8151)
FROM_SECOND = Flow(FromHost(SECOND), 4, parse_address("203.0.113.80")[1], "tcp", 443)
CASES: dict[str, tuple[Network, Flow, str, list[str]]] = {
    "to the first uplink": (two_uplinks(), published(), "delivered", []),
    "to the second uplink": (two_uplinks(), TO_SECOND, "delivered", [TAKEN]),
    "from a neighbour, without the router": (two_uplinks(), NEAR, "delivered", []),
    "the router is stated to drop it": (two_uplinks(world=STRICT), TO_SECOND, "unanswered", []),
    "… but not the neighbour's": (two_uplinks(world=STRICT), NEAR, "delivered", []),
    "the router is stated to take it": (two_uplinks(world=LENIENT), TO_SECOND, "delivered", []),
    "one uplink": (network(), published(), "delivered", []),
    "an own process with that address": (
        two_uplinks(rules=()), FROM_SECOND, "leaves", [TAKEN],
    ),
    "… whose rule leads it out by its own uplink": (
        two_uplinks(), FROM_SECOND, "leaves", [],
    ),
}  # fmt: skip


@each_row(("net", "flow", "verdict", "asked"), CASES.values(), ids=CASES)
def test_a_packet_that_leaves_by_another_uplink_than_its_address_is_asked_about(
    net: Network, flow: Flow, verdict: str, asked: list[str]
) -> None:
    trace = walk_flow(net, flow)
    assert trace.verdict == verdict
    assert [str(each.text) for each in trace.questions] == asked
    assert trace.rests_on_grant is bool(asked)


def test_the_question_says_what_it_is_about() -> None:
    (asked,) = walk_flow(two_uplinks(), TO_SECOND).questions
    assert asked.about == ForeignSource(HOST_NETNS, 4, SECOND, "eth1", "eth0")
    assert asked.breaks_if == "no"
    assert [each.of for each in asked.wanted] == [("tcp port 8151",), ("0.0.0.0/0", "eth0", "198.51.100.0/24")]


EMPTY = "The policy rule `100: from 198.18.0.11 lookup 100` selects these packets, but its table 100 has no route"


def test_a_policy_rule_whose_table_is_empty_is_named() -> None:
    (asked,) = walk_flow(two_uplinks(router=False), FROM_SECOND).questions
    assert EMPTY in str(asked.if_no)
    assert "ip route add default via ROUTER dev eth1 table 100" in str(asked.if_no)
    (asked,) = walk_flow(two_uplinks(rules=()), FROM_SECOND).questions
    assert "policy rule" not in str(asked.if_no)
