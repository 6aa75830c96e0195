"""Which container has an address, and which wire leads to it."""

import msgspec

from hairpin.host.host import Unread
from hairpin.network.attachment import attachment_of, engines_read, network_for, network_of_bridge
from hairpin.network.prefix import parse_address
from tests.small_host import HOST_ADDRESS, WEB, container, engine, network


def test_an_address_leads_to_its_container_and_its_veth() -> None:
    found = attachment_of(network(), WEB, 4)
    assert found is not None
    assert (found.container.name, found.network.name) == ("web", "bridge")
    assert found.host_link is not None
    assert found.host_link.name == "veth1"


def test_only_a_running_container_has_its_address() -> None:
    assert attachment_of(network(), HOST_ADDRESS, 4) is None
    assert attachment_of(network(), WEB, 6) is None
    assert attachment_of(network(docker=engine(container("exited"))), WEB, 4) is None


def test_a_wire_that_was_not_read_leaves_the_attachment() -> None:
    whole = network()
    host = whole.host.namespaces[0]
    alone = msgspec.structs.replace(host, links=tuple(each for each in host.links if each.name != "veth1"))
    found = attachment_of(whole.with_namespace(alone), WEB, 4)
    assert found is not None
    assert found.host_link is None


def test_a_network_is_found_by_an_address_in_its_subnet_and_by_its_bridge() -> None:
    named = network_for(network(), WEB + 7, 4)
    assert named is not None
    assert named.name == "bridge"
    assert network_for(network(), parse_address("172.18.0.2")[1], 4) is None
    assert network_of_bridge(network(), "docker0") == named
    assert network_of_bridge(network(), "br-1") is None


def test_containers_are_unknown_without_an_engine_or_when_it_could_not_be_asked() -> None:
    whole = network()
    unread = msgspec.structs.replace(
        whole.host, unread=(Unread("docker-containers", "host", "docker inspect", "permission denied", "e9"),)
    )
    assert engines_read(whole)
    assert not engines_read(msgspec.structs.replace(whole, host=unread))
    assert not engines_read(msgspec.structs.replace(whole, host=msgspec.structs.replace(whole.host, engines=())))
