"""A packet for a container network that has left the host."""

import msgspec
import pytest

from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.network.flow import Flow, FromHost, Lan, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.strayed import is_absent, is_typed_in
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import asked, with_host, with_link, without_addresses, without_route
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, without_web
from tests.podman_host import podman, podmans
from tests.rows import each_row
from tests.rule_text import with_policy, with_rule
from tests.small_host import CLIENT, WEB, container, engine, host_namespace, network, published, route

SUBNET = parse_address("172.17.0.0")[1]
UNROUTED = network(without_route(host_namespace(), SUBNET))


@pytest.mark.parametrize(("built", "start", "reason"), (
    (network(),                                                          FromHost(), "no-neighbour"),
    (UNROUTED,                                                           FromHost(), "left-instead"),
    (network(without_addresses(host_namespace(), "docker0")),            FromHost(), "no-neighbour"),
))  # fmt: skip
def test_an_address_that_no_container_has(built: Network, start: Start, reason: str) -> None:
    stop = walk_flow(built, asked(start, "172.17.0.9", 80)).usual.stop
    assert (stop.reason if stop is not None else None) == reason


def test_a_network_whose_bridge_has_no_address_on_purpose_is_elsewhere() -> None:
    option = (("com.docker.network.bridge.inhibit_ipv4", "true"),)
    networks = tuple(msgspec.structs.replace(each, options=option) for each in engine().networks)
    docker = msgspec.structs.replace(engine(container()), networks=networks)
    built = with_host(UNROUTED, engines=(docker,))
    assert walk_flow(built, asked(FromHost(), "172.17.0.9", 80)).verdict == "leaves"


def without_bridge(docker: Engine) -> Network:
    """Return the host of that engine, whose docker0 somebody has deleted."""
    bare = without_addresses(host_namespace(), "docker0")
    bare = msgspec.structs.replace(
        bare,
        links=tuple(each for each in bare.links if each.name not in ("docker0", "veth1")),
        routes=tuple(each for each in bare.routes if all(hop.link != "docker0" for hop in each.next_hops)),
    )
    return with_host(network(bare), engines=(docker,))


STOPPED = engine(container("exited"))


@pytest.mark.parametrize(("docker", "verdict"), (
    (STOPPED,                                          "dropped"),
    (msgspec.structs.replace(STOPPED, kind="podman"),  "leaves"),   # it has a bridge while a container runs
    (msgspec.structs.replace(STOPPED, rootless=True),  "leaves"),   # its bridge is in another namespace
    (engine(),                                         "leaves"),   # nobody needs the network: a machine elsewhere
))  # fmt: skip
def test_a_bridge_that_a_container_of_docker_needs(docker: Engine, verdict: str) -> None:
    assert walk_flow(without_bridge(docker), asked(FromHost(), "172.17.0.9", 80)).verdict == verdict


@each_row(("links", "typed_in"), (
    (("veth1",),        True),    # dockerd's end of a container's veth: it gives the port no address
    (("eth0",),         False),   # the host's administrator may have given it
    (("docker0",),      False),
    (("veth1", "eth0"), False),
    ((),                False),   # nobody has it
))  # fmt: skip
def test_an_address_that_is_on_a_containers_veth_alone_was_typed_in(links: tuple[str, ...], typed_in: bool) -> None:
    own = host_namespace()
    added = tuple(Address(each, 4, CLIENT, 32) for each in links)
    own = msgspec.structs.replace(own, addresses=(*own.addresses, *added))
    assert is_typed_in(network(own).this, own, 4, CLIENT) is typed_in


UNROUTED_HOST = without_route(host_namespace(), SUBNET)
WIDE = without_route(host_namespace(routes=(route("172.16.0.0/12", "docker0"),)), SUBNET)
USED = (container(),)


@each_row(("namespace", "containers", "left_instead"), (
    (UNROUTED_HOST,                                 USED, True),
    (WIDE,                                          USED, False),   # a route that covers the subnet
    (with_link(UNROUTED_HOST, "docker0", up=False), USED, True),
    (with_link(UNROUTED_HOST, "docker0", up=False), (),   False),   # somebody gave the range away
    (UNROUTED_HOST,                                 (),   False),   # nobody needs the network
))  # fmt: skip
def test_a_route_that_containers_need(
    namespace: Namespace, containers: tuple[Container, ...], left_instead: bool
) -> None:
    built = with_host(network(namespace), engines=(engine(*containers),))
    stop = walk_flow(built, asked(FromHost(), "172.17.0.9", 80)).usual.stop
    assert (stop is not None and stop.reason == "left-instead") == left_instead


ELSEWHERE = "-p tcp -m tcp --dport 8151 -j DNAT --to-destination 203.0.113.50:80"
ASKED_FOR = PortBinding("tcp", 80, 8151, None, 4, actual=False)
OF_WEB = msgspec.structs.replace(published(), container="web")
BY_HOST = msgspec.structs.replace(published(FromHost()), container="web")


def translating(place: str, rule: str = ELSEWHERE, holder: Container | None = None) -> Network:
    """Return the host whose rule leads a port to a machine outside, and which forwards everything."""
    rules = with_policy("FORWARD", "ACCEPT", with_rule(place, rule))
    return network(host_namespace(rules), docker=engine(holder or container()))


@each_row(("built", "flow", "verdict"), (
    (translating("nat PREROUTING"),                                                OF_WEB,      "misdirected"),
    (translating("nat DOCKER", "-p tcp -j DNAT --to-destination 203.0.113.50"),    OF_WEB,      "misdirected"),
    (translating("nat OUTPUT"),                                                    BY_HOST,     "misdirected"),
    (translating("nat PREROUTING"),                                                published(), "leaves"),
    (translating("nat PREROUTING", holder=container("exited")),                    OF_WEB,      "leaves"),
    (translating("nat PREROUTING", holder=container(binding=ASKED_FOR)),           OF_WEB,      "leaves"),
    (translating("nat PREROUTING", ELSEWHERE.replace("8151", "8152")),             OF_WEB,      "delivered"),
))  # fmt: skip
def test_a_published_port_that_is_translated_out_of_the_host(built: Network, flow: Flow, verdict: str) -> None:
    trace = walk_flow(built, flow)
    assert trace.verdict == verdict
    assert (trace.usual.stop is not None and trace.usual.stop.reason == "answered-by-other") == (
        verdict == "misdirected"
    )


@pytest.mark.parametrize(("away", "verdict"), (("172.17.0.0/24", "dropped"), ("172.17.0.2/32", "leaves")))
def test_an_address_of_a_namespace_that_no_engine_knows(away: str, verdict: str) -> None:
    """A route to one address alone says that a machine elsewhere has it, too."""
    routed = host_namespace(routes=(route(away, "eth0", via="198.51.100.1"),))
    built = network(routed, docker=msgspec.structs.replace(engine(), networks=()))
    assert walk_flow(built, asked(FromHost(), "172.17.0.2", 80)).verdict == verdict


@pytest.mark.parametrize(("built", "name", "absent"), (
    (without_web(on_macvlan()), "web", True),
    (without_web(on_ipvlan()),  "web", True),
    (without_web(on_macvlan()), None,  False),
    (on_macvlan(),              "web", False),
))  # fmt: skip
def test_a_container_on_the_link_that_does_not_run(built: Network, name: str | None, absent: bool) -> None:
    lan = Lan(parse_address("198.51.100.250")[1])
    for start in (FromHost(), lan):
        flow = Flow(start, 4, CHILD, "tcp", 80, container=name)
        stop = walk_flow(built, flow).usual.stop
        assert is_absent(built, flow) is absent
        assert (stop is not None and stop.reason == "address-lost") is absent


TAKEN_DOWN = podman(msgspec.structs.replace(podmans("exited"), endpoints=()))


@pytest.mark.parametrize(("stopped", "name", "absent"), (
    (TAKEN_DOWN, "web", True),
    (TAKEN_DOWN, None,  False),   # a machine elsewhere may have the address
    (STOPPED,    "web", False),   # somebody has deleted Docker's bridge, which is another matter
))  # fmt: skip
def test_a_container_whose_network_podman_has_taken_down(stopped: Engine, name: str | None, absent: bool) -> None:
    built = without_bridge(stopped)
    built = with_host(built, namespaces=(built.namespace(built.this.netns),))
    flow = Flow(FromHost(), 4, WEB, "tcp", 80, container=name)
    stop = walk_flow(built, flow).usual.stop
    assert is_absent(built, flow) is absent
    assert (stop is not None and stop.reason == "address-lost") is absent
