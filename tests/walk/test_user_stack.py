"""A rootless engine's process opens its container's connections anew, on the host."""

import msgspec

from hairpin.host.docker import Endpoint
from hairpin.network.flow import Flow, FromContainer, Protocol
from hairpin.network.names import servers_of_host
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.egress import egress_flows
from hairpin.walk.user_stack import is_anew
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
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


@each_row(("of", "flow", "verdict"), CASES.values(), ids=CASES)
def test_it_has_the_fate_of_a_connection_of_the_host(of: Network, flow: Flow, verdict: str) -> None:
    found = walk_flow(of, flow)
    assert found.verdict == verdict
    assert any(map(is_anew, found.usual.request)) == (verdict != "depends")


def on_own_network(stack: str | None) -> Network:
    """Return the host on which ann's container is on a network of her engine, whose namespace was not read."""
    whole = rootless()
    (podman,) = whole.this.engines
    web = msgspec.structs.replace(podman.containers[0], network_mode="bridge", endpoints=(Endpoint("own"),))
    made = msgspec.structs.replace(podman.with_container(web), network_stack=stack)
    return whole.with_host(msgspec.structs.replace(whole.this, engines=(made,)))


# the program that carries the network's packets, the flow, its verdict.  Measured with Podman 5.4.2.
KEPT: dict[str, tuple[str | None, Flow, str]] = {
    "pasta, out": ("pasta", to("203.0.113.80", 443), "leaves"),
    "pasta, the host's own address": ("pasta.avx2", to("198.51.100.11", 9001), "depends"),
    "slirp4netns, the host's own address": ("slirp4netns", to("198.51.100.11", 9001), "delivered"),
    "none runs": ("", to("203.0.113.80", 443), "depends"),
    "not known": (None, to("203.0.113.80", 443), "leaves"),
}


@each_row(("stack", "flow", "verdict"), KEPT.values(), ids=KEPT)
def test_what_stays_in_the_namespace_of_a_rootless_engines_networks(
    stack: str | None, flow: Flow, verdict: str
) -> None:
    assert walk_flow(on_own_network(stack), flow).verdict == verdict


def test_a_missing_network_process_concerns_no_container_with_a_stack_of_its_own() -> None:
    whole = rootless()
    (podman,) = whole.this.engines
    none = msgspec.structs.replace(podman, network_stack="")
    alone = whole.with_host(msgspec.structs.replace(whole.this, engines=(none,)))
    assert walk_flow(alone, to("203.0.113.80", 443)).verdict == "leaves"


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
