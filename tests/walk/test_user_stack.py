"""A rootless engine's process opens its container's connections anew, on the host."""

import pytest

from hairpin.network.flow import Flow, FromContainer, Protocol
from hairpin.network.names import servers_of_host
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.egress import egress_flows
from hairpin.walk.user_stack import is_anew
from hairpin.walk.walk import walk_flow
from tests.rule_text import with_rule
from tests.small_host import sibling
from tests.user_stack_host import SERVER, rootless, stacked


def to(address: str, port: int, protocol: Protocol = "tcp") -> Flow:
    return Flow(FromContainer("web", sibling("container:web")), 4, parse_address(address)[1], protocol, port)


REJECTING = with_rule("filter OUTPUT", "-p tcp -m tcp --dport 9001 -j REJECT")

# the host, the flow, its verdict
CASES: dict[str, tuple[Network, Flow, str]] = {
    "the host's own service": (rootless(), to("198.51.100.11", 9001), "delivered"),
    "nothing listens on the host": (rootless(), to("198.51.100.11", 9002), "refused"),
    "a rule of the host's OUTPUT rejects it": (rootless(REJECTING), to("198.51.100.11", 9001), "rejected"),
    "out": (rootless(), to("203.0.113.80", 443), "leaves"),
    "the name server that its stack answers for": (rootless(), to(SERVER, 53, "udp"), "leaves"),
    "the same, and the host's own is not known": (rootless(servers=""), to(SERVER, 53, "udp"), "depends"),
    "its own gateway": (rootless(), to("10.0.2.2", 80), "depends"),
    "out, of a container that root runs so": (stacked(), to("203.0.113.80", 443), "leaves"),
    "an echo": (rootless(), to("203.0.113.80", 0, "icmp"), "depends"),
}


@pytest.mark.parametrize(("of", "flow", "verdict"), CASES.values(), ids=CASES)
def test_it_has_the_fate_of_a_connection_of_the_host(of: Network, flow: Flow, verdict: str) -> None:
    found = walk_flow(of, flow)
    assert found.verdict == verdict
    assert any(map(is_anew, found.usual.request)) == (verdict != "depends")


def test_its_way_out_and_its_name_server_are_asked() -> None:
    of = rootless()
    web = of.this.container("web")
    assert web is not None
    assert web.by_user_stack
    assert not web.is_disconnected
    found = egress_flows(of, of.this, web)
    assert [(each.purpose, each.dport) for each in found] == [("egress", 443), ("dns", 53)]
    assert servers_of_host(of.this) == ((4, parse_address("192.0.2.53")[1]),)
    without = rootless(servers="")
    assert [each.purpose for each in egress_flows(without, without.this, web)] == ["egress"]
    none = rootless(mode="none")
    alone = none.this.container("web")
    assert alone is not None
    assert egress_flows(none, none.this, alone) == []
