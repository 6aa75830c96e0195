"""Whose restarts matter to a question: the containers of its flows, and those that a change touches."""

import msgspec

from hairpin.change.change import Change, SetContainer, SetSysctl
from hairpin.diagnose.concerned import containers_concerned, shape_of
from tests.small_host import HOST_NETNS, OUTSIDE, container, network, published, sibling

FORWARDING = SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "eth0", "forwarding"), "1")


def test_the_containers_of_the_flows_and_of_the_change_once_each() -> None:
    there = network()
    flows = (msgspec.structs.replace(published(OUTSIDE), container="web"),) * 2
    (web,) = containers_concerned(flows, Change((FORWARDING,)), there)
    assert web == "web"
    other = msgspec.structs.replace(container(), name="other")
    inside = msgspec.structs.replace(FORWARDING, netns=sibling("container:web"))
    assert containers_concerned((), Change((SetContainer("test", other), inside)), there) == ("other", "web")
    assert containers_concerned((), Change((FORWARDING,)), there) == ()


def test_containers_are_alike_but_for_their_names_addresses_and_ports() -> None:
    web = container()
    twin = msgspec.structs.replace(
        web,
        name="twin",
        endpoints=tuple(msgspec.structs.replace(each, ipv4=9) for each in web.endpoints),
        bindings=tuple(msgspec.structs.replace(each, host_port=9) for each in web.bindings),
    )
    assert shape_of(web) == shape_of(twin)
    for other in ({"bindings": ()}, {"endpoints": ()}, {"network_mode": "host"}, {"restart_policy": "always"}):
        assert shape_of(web) != shape_of(msgspec.structs.replace(web, **other))
