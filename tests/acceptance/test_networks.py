"""What hairpin says of recorded networks of several hosts is what real connections between them did."""

import pytest

from hairpin.host.netns import Netns
from hairpin.host.read.parse import parse
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Protocol, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded import AGREEING
from tests.acceptance.recorded_networks import Asked, evidence, expected

CASES = {
    f"{name} {flow.origin} {flow.to}": (name, flow)
    for name, network in expected().items()
    for flow in network.flows
    if not flow.padding_bytes and flow.origin != "lan"
}

# What these networks do cannot be seen on any of their hosts: a gateway that has routes, a fabric that filters.
BEYOND_THE_HOSTS = (
    "healthy-routes container:web@node1 192.0.2.10:9000",
    "upstream-filters-container-addresses.fabric container:web@node1 10.244.2.2:80",
)


def network(name: str) -> Network:
    return Network(tuple(parse(evidence(name, host)) for host in expected()[name].hosts))


def flow_of(asked: Asked, net: Network) -> Flow:
    place, protocol = asked.to.partition("/")[::2]
    address, port = place.rsplit(":", 1)
    version, value = parse_address(address.strip("[]"))
    who, _, host = asked.origin.partition("@")
    start: Start
    if who == "host":
        start = FromHost()
    elif who.startswith("container:"):
        start = FromContainer(who.removeprefix("container:"), Netns(host, who))
    else:
        start = Outside(parse_address(who)[1])
        host = next(netns.host for netns, each in net.namespaces() if value in {one.value for one in each.addresses})
    kind: Protocol = "udp" if protocol == "udp" else "tcp"
    return Flow(start, version, value, kind, int(port), host=host)


@pytest.mark.parametrize(
    ("name", "asked"), [case for key, case in CASES.items() if key not in BEYOND_THE_HOSTS],
    ids=[key for key in CASES if key not in BEYOND_THE_HOSTS],
)  # fmt: skip
def test_verdict(name: str, asked: Asked) -> None:
    net = network(name)
    trace = walk_flow(net, flow_of(asked, net))
    # Where nobody answers ARP, the kernel says so after some seconds; a client that waits less sees silence.
    unheard = AGREEING["timeout"] if asked.real == "unreachable" else frozenset[str]()
    assert trace.verdict in AGREEING[asked.real] | unheard


@pytest.mark.parametrize("key", BEYOND_THE_HOSTS)
def test_what_no_host_shows_is_assumed(key: str) -> None:
    name, asked = CASES[key]
    net = network(name)
    trace = walk_flow(net, flow_of(asked, net))
    assert trace.verdict not in AGREEING[asked.real]
