"""The container that has an address, and the veth that leads to it."""

import msgspec

from hairpin.host.docker import Subnet
from hairpin.host.host import Unread
from hairpin.network.attachment import (
    address_behind,
    attachment_of,
    engines_read,
    gateway_of,
    is_behind_stack,
    network_for,
    network_of_bridge,
    next_address,
    routers_of,
    tap_of,
)
from hairpin.network.prefix import parse_address
from tests.causes.hosts import on_overlay
from tests.rows import each_row
from tests.small_host import HOST_ADDRESS, HOST_NETNS, WEB, container, engine, network, sibling
from tests.user_stack_host import HOST4, pasta, rootless

SIX = Subnet(6, parse_address("2001:db8::")[1], 64)
FOUR = engine().networks[0].subnets[0]
STOPPED = network(docker=engine(container("exited")))


def test_an_address_leads_to_its_container_and_its_veth() -> None:
    found = attachment_of(network(), network().this, WEB, 4)
    assert found is not None
    assert (found.container.name, found.network.name) == ("web", "bridge")
    assert found.host_link is not None
    assert found.host_link.name == "veth1"


def test_an_address_on_swarms_bridge_leads_to_its_container() -> None:
    built = network(docker=on_overlay())
    found = attachment_of(built, built.this, WEB, 4)
    assert found is not None
    assert (found.container.name, found.network.name, found.host_link is not None) == ("web", "docker_gwbridge", True)


def test_only_a_running_container_has_its_address() -> None:
    assert attachment_of(network(), network().this, HOST_ADDRESS, 4) is None
    assert attachment_of(network(), network().this, WEB, 6) is None
    assert attachment_of(STOPPED, STOPPED.this, WEB, 4) is None


def test_an_attachment_without_its_wire() -> None:
    whole = network()
    host = whole.this.namespaces[0]
    alone = msgspec.structs.replace(host, links=tuple(each for each in host.links if each.name != "veth1"))
    changed = whole.with_namespace(HOST_NETNS, alone)
    found = attachment_of(changed, changed.this, WEB, 4)
    assert found is not None
    assert found.host_link is None


def test_a_network_is_found_by_an_address_in_its_subnet_and_by_its_bridge() -> None:
    named = network_for(network().this, WEB + 7, 4)
    assert named is not None
    assert named.name == "bridge"
    assert network_for(network().this, parse_address("172.18.0.2")[1], 4) is None
    assert network_of_bridge(network().this, "docker0") == named
    assert network_of_bridge(network().this, "br-1") is None


def test_containers_are_unknown_without_an_engine_or_when_it_could_not_be_asked() -> None:
    whole = network().this
    unread = msgspec.structs.replace(
        whole, unread=(Unread("docker-containers", "host", "docker inspect", "permission denied", "e9"),)
    )
    assert engines_read(whole)
    assert not engines_read(unread)
    assert not engines_read(msgspec.structs.replace(whole, engines=()))


def test_an_address_is_free_that_neither_a_container_nor_the_gateway_has() -> None:
    assert next_address(engine(), FOUR) == WEB
    assert next_address(engine(container()), FOUR) == WEB + 1
    late = msgspec.structs.replace(FOUR, gateway=WEB + 1)
    assert next_address(engine(container()), late) == FOUR.network + 1  # the subnet's first address is free then
    assert next_address(engine(container()), SIX) == SIX.network + 2
    part = msgspec.structs.replace(FOUR, part=(FOUR.network + 16, 28))
    assert next_address(engine(container()), part) == FOUR.network + 16


PART = (FOUR.network + 128, 25)
UNTOLD = msgspec.structs.replace(FOUR, gateway=None)
GATEWAYS = {
    "the engine lists it": (msgspec.structs.replace(FOUR, gateway=WEB + 7), WEB + 7),
    "the first address": (UNTOLD, FOUR.network + 1),
    "the first IPv6 address": (SIX, SIX.network + 1),
    "the first address of the range": (
        msgspec.structs.replace(UNTOLD, part=(FOUR.network + 128, 25)),
        FOUR.network + 128,
    ),
    "the range begins with the subnet": (msgspec.structs.replace(UNTOLD, part=(FOUR.network, 25)), FOUR.network + 1),
    "listed, beside a range": (msgspec.structs.replace(FOUR, part=PART), FOUR.gateway),
}


@each_row(("subnet", "expected"), GATEWAYS.values(), ids=GATEWAYS)
def test_gateway(subnet: Subnet, expected: int) -> None:
    assert gateway_of(subnet) == expected


def test_a_gateway_that_the_engine_does_not_list_is_not_given_to_a_container() -> None:
    part = msgspec.structs.replace(UNTOLD, part=PART)
    assert next_address(engine(container()), part) == PART[0] + 1


INSIDE = sibling("container:web")


def test_the_link_its_address_and_its_router_are_found() -> None:
    of = pasta()
    inside = of.namespace(INSIDE)
    assert is_behind_stack(of, INSIDE)
    assert (tap_of(inside), tap_of(inside, "tap7")) == ("eth0", "tap7")
    assert (address_behind(inside, "eth0", 4), address_behind(inside, "eth0", 4, near=True)) == (HOST4, None)
    for each in (of, pasta(routed=False)):
        assert tuple(routers_of(each, INSIDE, 4)) == ((0xC6336401, "eth0"),)
    assert tuple(routers_of(rootless(), INSIDE, 4)) == ((0x0A000202, "tap0"),)


def test_a_container_on_a_bridge_has_none() -> None:
    of = network()
    inside = of.namespace(INSIDE)
    assert not is_behind_stack(of, INSIDE)
    assert not is_behind_stack(of, of.host_netns())
    assert tap_of(inside) == ""
    assert (address_behind(inside, None, 4), tuple(routers_of(of, INSIDE, 4))) == (WEB, ())
