"""A rootless engine's process opens its container's connections anew, on the host."""

import msgspec
import pytest

from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer, Protocol
from hairpin.network.names import servers_of_host
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.egress import egress_flows
from hairpin.walk.user_stack import is_anew
from hairpin.walk.walk import walk_flow
from tests.rule_text import ALL_RULES, with_rule
from tests.small_host import container, container_namespace, engine, host_namespace, local, network, route, sibling

OWN, SERVER = parse_address("10.0.2.100")[1], "10.0.2.3"
HTTPD = Socket("tcp", 4, None, 9001, process="httpd")


def rootless(rules: str = ALL_RULES, *, servers: str = "nameserver 192.0.2.53\n", mode: str = "slirp4netns") -> Network:
    """Return the host on which ann's container has a tap link, which a process of hers reads."""
    usual = container_namespace()
    inner: Namespace = msgspec.structs.replace(
        usual,
        links=(usual.links[0], Link(2, "tap0", "tun")),
        addresses=(usual.addresses[0], Address("tap0", 4, OWN, 24)),
        routes=(local("10.0.2.100/32", "tap0"), route("10.0.2.0/24", "tap0"), route("default", "tap0", via="10.0.2.2")),
    )
    own = msgspec.structs.replace(container(), endpoints=(), network_mode=mode, bindings=(), resolvers=(SERVER,))
    podman: Engine = msgspec.structs.replace(engine(own), kind="podman", rootless=True, user="ann", networks=())
    found = network(host_namespace(rules, sockets=(HTTPD,)), inner, docker=podman)
    files = (*found.this.files, ConfigFile("/etc/resolv.conf", servers))
    return msgspec.structs.replace(found, hosts=(msgspec.structs.replace(found.this, files=files),))


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
