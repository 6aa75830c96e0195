"""Verdicts and causes for recorded networks of several hosts equal the outcomes and causes of real connections."""

import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.netns import Netns
from hairpin.host.read.parse import parse
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Protocol, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import World
from hairpin.question.flows import flows_for
from hairpin.question.outside import parse_world
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded import AGREEING
from tests.acceptance.recorded_networks import Asked, evidence, expected, stated
from tests.whole import one_of_each, thinned_rows

CASES = {
    f"{name} {flow.origin} {flow.to} {flow.padding_bytes or ''}".strip(): (name, flow)
    for name, network in expected().items()
    for flow in network.flows
    if flow.origin != "lan"
}
BROKEN = {key: case for key, case in CASES.items() if case[1].real != "delivered"}
HEALTHY = tuple(name for name, network in expected().items() if not network.causes)


def kinds(case: tuple[str, Asked]) -> tuple[object, ...]:
    """Return what a case proves: an outcome of a connection in networks with these causes."""
    name, asked = case
    return (asked.real, expected()[name].causes)


def network(name: str) -> Network:
    """Return the hosts, and the world around them as its file states it."""
    file = stated(name)
    hosts = tuple(parse(evidence(name, host)) for host in expected()[name].hosts)
    return Network(hosts, parse_world(file.read_text(), str(file)) if file is not None else World())


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
    return Flow(start, version, value, kind, int(port), host=host, data_bytes=asked.padding_bytes)


@pytest.mark.parametrize(("name", "asked"), one_of_each(CASES, kinds))
def test_verdict(name: str, asked: Asked) -> None:
    net = network(name)
    trace = walk_flow(net, flow_of(asked, net))
    # If nobody answers ARP, the kernel sends an ICMP error after some seconds; a client that gives up before sees
    # silence.
    unheard = AGREEING["timeout"] if asked.real == "unreachable" else frozenset[str]()
    assert trace.verdict in AGREEING[asked.real] | unheard


@pytest.mark.parametrize(("name", "asked"), one_of_each(BROKEN, kinds))
def test_the_cause_is_named_on_the_host_where_it_is(name: str, asked: Asked) -> None:
    net = network(name)
    diagnosis = diagnose(net, flow_of(asked, net))
    named = {f"{each.cause}@{each.host}" for each in diagnosis.causes}
    wanted = expected()[name].causes
    assert len(named) == len(wanted)
    assert all(named & set(alternatives) for alternatives in wanted)


@pytest.mark.parametrize(
    ("name", "host"), thinned_rows(((name, host) for name in HEALTHY for host in ("", *expected()[name].hosts)), 4)
)
def test_a_healthy_network_is_not_called_sick(name: str, host: str) -> None:
    """``host``: the only host that was read; empty: all were."""
    whole = network(name)
    net = whole if not host else Network((whole.host(host),), whole.world)
    asked = [flow_of(each, whole) for each in expected()[name].flows if each.origin != "lan"]
    recorded = tuple(flow for flow in asked if host in ("", flow.host))
    named = {each.cause for flow in (*recorded, *flows_for(net, (), None)) for each in diagnose(net, flow).causes}
    assert named == set()
