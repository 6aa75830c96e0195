"""Every address at which a port is published is asked, whichever container or option comes first."""

from itertools import permutations

import msgspec
import pytest

from hairpin.host.docker import Container, PortBinding, Tool
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from tests.rows import each_row
from tests.small_host import HOST_ADDRESS, container, container_namespace, engine, host_namespace, local, network, route
from tests.two_uplinks import SECOND, two_uplinks

LOOPBACK = 0x7F000001
INNER, FIRST, OTHER, EVERY = (PortBinding("tcp", 80, 8151, each, 4) for each in (LOOPBACK, HOST_ADDRESS, SECOND, None))
OUTSIDE = {"192.0.2.10 -> 198.51.100.11:8151/tcp (web)", "192.0.2.10 -> 198.18.0.11:8151/tcp (web)"}


def publishing(*bindings: PortBinding, name: str = "web", status: str = "running") -> Container:
    return msgspec.structs.replace(container(status), id=name * 20, name=name, bindings=bindings)


def told(net: Network, *targets: Target) -> list[str]:
    flows = flows_for(net, targets, None)
    return [f"{each.start_text()} -> {each.target_text()} ({each.container})" for each in flows]


def with_containers(*containers: Container) -> Network:
    return msgspec.structs.replace(two_uplinks(), hosts=(hosted(*containers),))


def hosted(*containers: Container) -> Host:
    return msgspec.structs.replace(two_uplinks().this, engines=(engine(*containers),))


@pytest.mark.parametrize("bindings", ((FIRST, OTHER), (OTHER, FIRST)))
@pytest.mark.parametrize("target", (Target(8151), Target(80, container="web"), Target(container="web")))
def test_both_addresses_of_a_container_are_asked(bindings: tuple[PortBinding, ...], target: Target) -> None:
    found = told(with_containers(publishing(*bindings)), target)
    assert set(found) >= OUTSIDE


@pytest.mark.parametrize("status", ("running", "exited"))
def test_both_containers_of_a_port_are_asked(status: str) -> None:
    of = (publishing(FIRST), publishing(OTHER, name="api", status=status))
    for order in permutations(of):
        found = set(told(with_containers(*order), Target(8151)))
        assert {"192.0.2.10 -> 198.51.100.11:8151/tcp (web)", "192.0.2.10 -> 198.18.0.11:8151/tcp (api)"} <= found


def test_an_asked_address_is_that_of_its_own_container() -> None:
    net = with_containers(publishing(FIRST), publishing(OTHER, name="api"))
    assert {each.rpartition(" ")[2] for each in told(net, Target(8151, version=4, address=SECOND))} == {"(api)"}


def test_only_the_host_is_a_client_of_loopback_where_another_address_is_published() -> None:
    found = told(with_containers(publishing(INNER, OTHER)), Target(8151))
    assert "host -> 127.0.0.1:8151/tcp (web)" in found
    assert not any("198.51.100.11" in each for each in found)
    alone = told(with_containers(publishing(INNER)), Target(8151))
    assert "192.0.2.10 -> 198.51.100.11:8151/tcp (web)" in alone


def test_an_address_that_every_address_holds_is_asked_once() -> None:
    found = told(with_containers(publishing(EVERY)), Target(8151))
    assert len(found) == len(set(found))
    old = publishing(OTHER, name="old", status="exited")
    assert told(with_containers(publishing(EVERY), old), Target(8151)) == found


PROXY = Socket("tcp", 6, None, 8151, process="docker-proxy")
HELD: dict[str, tuple[tuple[Socket, ...], bool]] = {
    "docker-proxy takes the port at ::1": ((PROXY,), True),
    "no socket takes the port at ::1":    ((), False),
    "another port is taken there":        ((Socket("tcp", 6, 1, 8152),), False),
}  # fmt: skip


@pytest.mark.parametrize(("sockets", "asked"), HELD.values(), ids=HELD)
def test_the_second_loopback_address_is_asked_where_a_socket_takes_the_port(
    sockets: tuple[Socket, ...], asked: bool
) -> None:
    six = parse_address("2001:db8:2::11")[1]
    host = host_namespace(
        sockets=sockets,
        routes=(local("::1/128", "lo"), local("2001:db8:2::11/128", "eth0"), route("2001:db8:2::/64", "eth0")),
    )
    host = msgspec.structs.replace(
        host, addresses=(*host.addresses, Address("lo", 6, 1, 128, "host"), Address("eth0", 6, six, 64))
    )
    net = network(host, docker=engine(publishing(EVERY, PortBinding("tcp", 80, 8151, None, 6))))
    assert ("host -> [::1]:8151/tcp (web)" in told(net, Target(8151))) is asked
    assert ("host -> [::1]:8151/tcp (web)" in told(net)) is asked


def pod(*names: str, kind: Tool = "podman", serving: str = "", ended: bool = False) -> Network:
    """Return the host of a pod with containers of these names; ``serving``: the one that has the published port."""
    infra = msgspec.structs.replace(container(), name="0a1b2c3d4e5f-infra")
    made = tuple(
        msgspec.structs.replace(
            container("exited" if ended else "running"), id=name * 20, name=name, bindings=(),
            network_mode=f"container:{infra.id}", netns=None if ended else infra.netns,
        )
        for name in names
    )  # fmt: skip
    inner = container_namespace((Socket("tcp", 4, None, 80, container=serving * 20 or None),))
    docker = msgspec.structs.replace(engine(infra, *made), kind=kind)
    named = msgspec.structs.replace(inner, name=infra.netns or "")
    return network(inner=named, docker=docker)


PODS: dict[str, tuple[Network, str]] = {
    "the only container":            (pod("web"), "web"),
    "the one that listens":          (pod("web", "side", serving="side"), "side"),
    "nothing listens":               (pod("web", "side"), "web"),
    "its containers have ended":     (pod("web", ended=True), "web"),
    "several, and all have ended":   (pod("web", "side", ended=True), "0a1b2c3d4e5f-infra"),
    "no container but the infra":    (pod(), "0a1b2c3d4e5f-infra"),
    "a name as of a pod, in Docker": (pod("web", kind="docker"), "0a1b2c3d4e5f-infra"),
}  # fmt: skip


@each_row(("net", "name"), PODS.values(), ids=PODS)
def test_a_pods_port_is_that_of_the_container_that_serves_it(net: Network, name: str) -> None:
    found = told(net, Target(8151))
    assert {each.rpartition(" ")[2] for each in found} == {f"({name})"}
    assert told(net, Target(80, container=name)) == found


def test_a_pod_has_one_way_out_for_each_of_its_containers() -> None:
    senders = {each.partition(" ")[0] for each in told(pod("web", "side")) if each.startswith("container:")}
    assert senders == {"container:web", "container:side"}
