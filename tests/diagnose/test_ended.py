"""A container that an event leaves stopped is found without the catalogue, and as the catalogue would name it."""

import msgspec

from hairpin.change.change import Change, SetContainer, SetSysctl
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.ended import container_reached, containers_concerned, ended_containers, shape_of
from hairpin.events.happening import course_of
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rule_text import with_rule
from tests.small_host import HOST_NETNS, OUTSIDE, container, egress, engine, host_namespace, network, published, sibling

FLOWS = (published(), egress())


def after(within: Network) -> Network:
    course = course_of(within, "test", "docker-restart")
    assert course is not None
    return course.network


def test_it_is_what_the_catalogue_finds() -> None:
    was = network()
    then = after(was)
    asked = tuple(msgspec.structs.replace(each, container="web") for each in FLOWS)
    (found,) = ended_containers(was, then, "test", {n: walk_flow(then, each) for n, each in enumerate(asked)})
    assert (found.id, found.flows) == ("container-not-running", (0, 1))
    (whole,) = diagnose(then, asked[0]).causes
    assert (found.id, found.candidate.change, found.keys) == (whole.cause, whole.candidate.change, (whole.key,))
    assert found.proof is not None
    assert found.proof.with_change == "delivered"


def test_one_that_runs_again_is_none() -> None:
    was = network(docker=engine(msgspec.structs.replace(container(), restart_policy="always")))
    then = after(was)
    traces = {number: walk_flow(then, each) for number, each in enumerate(FLOWS)}
    assert ended_containers(was, then, "test", traces) == ()


def test_a_port_that_a_rule_leads_to_the_published_one() -> None:
    """Nobody publishes port 80, and a rule redirects it to a container that ends."""
    rules = with_rule("nat PREROUTING", "-i eth0 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8151")
    was = network(host_namespace(rules))
    then = after(was)
    flow = msgspec.structs.replace(published(), dport=80, container=None)
    assert container_reached(was, flow) == "web"
    (found,) = ended_containers(was, then, "test", {0: walk_flow(then, flow)})
    assert (found.id, found.flows) == ("container-not-running", (0,))


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
