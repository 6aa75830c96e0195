"""A stopped container, simulated as running: the flow to its port is delivered."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.change.calls import ConnectContainer, SetContainerState, call_argv
from hairpin.change.change import AddNamespace, Change, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.repair.starting import (
    PUBLISHES_NOTHING,
    back_after_reboot,
    held_again,
    on_default_bridge,
    stacked_link,
    stacked_subnet,
    starting_change,
    takes_restart_policy,
)
from hairpin.host.docker import Endpoint, PortBinding, Subnet
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.walk.walk import walk_flow
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, without_web
from tests.podman_host import RULES as PODMANS
from tests.podman_host import podman, podmans, with_podman
from tests.rule_text import without
from tests.small_host import DOCKER_RULES, HOST_NETNS, WEB, container, engine, host_namespace, network, published

BINDING = PortBinding("tcp", 80, 8151, None, 4)
STOPPED = network(host_namespace(without("172.17.0.2"), sockets=()), docker=engine(container("exited")))


def address_in(change: Change) -> int:
    (added,) = (each for each in change.parts if isinstance(each, AddNamespace))
    return added.namespace.addresses[-1].value


def test_a_started_container_answers_on_its_port() -> None:
    change = starting_change(STOPPED.this, container("exited"), BINDING)
    assert change is not None
    assert change.calls == (SetContainerState("docker", "start", "web"),)
    assert walk_flow(STOPPED, published()).verdict != "delivered"
    assert walk_flow(simulate(change, STOPPED), published()).verdict == "delivered"


SIX = Subnet(6, parse_address("2001:db8:d0c::")[1], 64, parse_address("2001:db8:d0c::1")[1])


@pytest.mark.parametrize("ipv6", (True, False))
def test_a_container_gets_an_ipv6_address_where_its_network_gives_one(ipv6: bool) -> None:
    docker = engine(container("exited"))
    (bridge,) = docker.networks
    dual = replace(bridge, ipv6=ipv6, subnets=(*bridge.subnets, SIX))
    net = network(host_namespace(without("172.17.0.2"), sockets=()), docker=replace(docker, networks=(dual,)))
    change = starting_change(net.this, container("exited"), BINDING)
    assert change is not None
    (added,) = (each for each in change.parts if isinstance(each, AddNamespace))
    given = [address_text(each.value, 6) for each in added.namespace.addresses if each.version == 6]
    defaults = [each.version for each in added.namespace.routes if each.prefix_length == 0]
    assert (given, defaults) == ((["2001:db8:d0c::2"], [4, 6]) if ipv6 else ([], [4]))
    assert (("net", "ipv6", "conf", "eth0", "disable_ipv6"), "0") in added.sysctls or not ipv6
    assert walk_flow(simulate(change, net), published()).verdict == "delivered"


FORWARDING, OF_LOOPBACK = ("net", "ipv4", "ip_forward"), ("net", "ipv4", "conf", "docker0", "route_localnet")
WRITTEN: dict[str, tuple[dict[str, str], PortBinding, dict[tuple[str, ...], str]]] = {
    "both": ({"ip_forward": "0", "conf__docker0__route_localnet": "0"}, BINDING, {FORWARDING: "1", OF_LOOPBACK: "1"}),
    "no port": ({"ip_forward": "0"}, PUBLISHES_NOTHING, {FORWARDING: "1"}),
    "on already": ({"conf__docker0__route_localnet": "1"}, BINDING, {}),
}


@pytest.mark.parametrize(("values", "binding", "written"), WRITTEN.values(), ids=WRITTEN)
def test_netavark_writes_forwarding_at_each_start(
    values: dict[str, str], binding: PortBinding, written: dict[tuple[str, ...], str]
) -> None:
    stopped = with_podman(without("-j DNAT", "--dport", rules=PODMANS), status="exited", values=values)
    change = starting_change(stopped.this, podmans("exited"), binding)
    assert change is not None
    assert {each.path: each.value for each in change.parts if isinstance(each, SetSysctl)} == written


def test_podman_makes_the_bridge_that_it_had_removed_with_its_last_container() -> None:
    net = with_podman(without("-j DNAT", "--dport", rules=PODMANS), status="exited")
    host = net.namespace(HOST_NETNS)
    links = tuple(each for each in host.links if each.name not in ("docker0", "veth1"))
    bare = replace(
        host,
        links=links,
        addresses=tuple(each for each in host.addresses if each.link != "docker0"),
        routes=tuple(each for each in host.routes if all(hop.link != "docker0" for hop in each.next_hops)),
    )
    net = net.with_namespace(HOST_NETNS, bare)
    change = starting_change(net.this, podmans("exited"), BINDING)
    assert change is not None
    assert change.calls == (SetContainerState("podman", "start", "web"),)
    after = simulate(change, net)
    for flow in (published(), published(FromHost(), "127.0.0.1")):
        assert walk_flow(net, flow).verdict != "delivered"
        assert walk_flow(after, flow).verdict == "delivered"


def test_a_users_container_is_started_as_the_user() -> None:
    own = replace(podman(podmans("exited")), rootless=True, user="ann")
    net = network(host_namespace(without("172.17.0.2"), sockets=()), docker=own)
    change = starting_change(net.this, podmans("exited"), BINDING)
    assert change is not None
    (call,) = change.calls
    assert isinstance(call, SetContainerState)
    as_ann = ("runuser", "-l", "-s", "/bin/sh", "-c", 'exec "$@"', "--", "ann", "sh")
    assert call_argv(call) == (*as_ann, "podman", "start", "web")
    assert walk_flow(simulate(change, net), published()).verdict == "delivered"


@pytest.mark.parametrize(("version", "taken"), (("4.3.1", False), ("5.1.0", True), ("5.4.2", True)))
def test_podman_changes_restart_policies_since_5_1(version: str, taken: bool) -> None:
    own = replace(podman(), version=version)
    assert takes_restart_policy(own) is taken
    (advice,) = back_after_reboot(own, podmans())
    assert ("recreate" in str(advice)) is not taken
    assert takes_restart_policy(engine())
    assert back_after_reboot(engine(), container()) == ()


def test_a_start_takes_the_first_free_address() -> None:
    other = replace(container(), id="d" * 64, name="db")
    net = network(host_namespace(without("172.17.0.2")), docker=engine(container("exited"), other))
    change = starting_change(net.this, container("exited"), BINDING)
    assert change is not None
    assert address_in(change) == WEB + 1


def test_a_start_on_no_bridge_network_cannot_be_foretold() -> None:
    elsewhere = replace(container("exited"), endpoints=(Endpoint("overlay", "n9"),))
    assert starting_change(network(docker=engine(elsewhere)).this, elsewhere, BINDING) is None
    assert starting_change(network(docker=engine()).this, container("exited"), BINDING) is None


def test_a_container_without_a_network_is_put_on_the_default_bridge() -> None:
    unpublished = replace(container(binding=replace(BINDING, actual=False)), network_mode="none", endpoints=())
    net = network(host_namespace(without("172.17.0.2"), sockets=()), docker=engine(unpublished))
    change = on_default_bridge(net.this, unpublished, BINDING, ConnectContainer("docker", "connect", "bridge", "web"))
    assert change is not None
    assert change.calls == (ConnectContainer("docker", "connect", "bridge", "web"),)
    assert walk_flow(simulate(change, net), published()).verdict == "delivered"


def test_an_address_that_is_held_again_serves_the_port_that_rules_still_lead_to() -> None:
    net = network(host_namespace(DOCKER_RULES), docker=engine())
    host = net.namespace(HOST_NETNS)
    alone = replace(host, links=tuple(each for each in host.links if each.name != "veth1"))
    net = net.with_host(replace(net.this, namespaces=(alone,)))
    change = held_again(net.this, WEB, net.this.engines[0].networks[0], BINDING)
    assert change is not None
    assert address_in(change) == WEB
    assert walk_flow(net, published()).verdict != "delivered"
    assert walk_flow(simulate(change, net), published()).verdict == "delivered"


ASKED = Flow(Lan(parse_address("198.51.100.250")[1]), 4, CHILD, "tcp", 80, container="web")


@pytest.mark.parametrize("whole", (on_macvlan, on_ipvlan))
def test_a_started_container_answers_at_its_address_and_publishes_nothing(whole: Callable[[], Network]) -> None:
    sick = without_web(whole())
    (web,) = sick.this.containers()
    change = starting_change(sick.this, web, PortBinding("tcp", 80, 0))
    assert change is not None
    assert change.calls == (SetContainerState("docker", "start", "web"),)
    assert walk_flow(sick, ASKED).verdict != "delivered"
    after = simulate(change, sick)
    assert walk_flow(after, ASKED).verdict == "delivered"
    assert after.this.namespace("host") == sick.this.namespace("host")


@pytest.mark.parametrize(("driver", "subnet"), (("macvlan", True), ("ipvlan", True), ("bridge", False)))
def test_a_link_is_stacked_on_its_parent(driver: str, subnet: bool) -> None:
    host = on_macvlan().this
    joined = msgspec.structs.replace(host.engines[0].networks[-1], driver=driver)
    assert (stacked_subnet(host, joined) is not None) is subnet
    elsewhere = msgspec.structs.replace(joined, options=(("parent", "eth9"),))
    assert stacked_subnet(host, elsewhere) is None
    assert stacked_link(host, elsewhere, Endpoint("mv", ipv4=CHILD), "eth0", 7) is None


def test_a_macvlan_has_the_hardware_address_of_its_address() -> None:
    host = on_macvlan().this
    link = stacked_link(host, host.engines[0].networks[-1], Endpoint("mv", ipv4=CHILD), "eth0", 7)
    assert link is not None
    assert (link.index, link.mac, link.macvlan_mode) == (8, 0x0242C63364C0, "bridge")
