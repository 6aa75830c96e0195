"""A container is removed and run again, alone or with its project: what its successor has of it, and what not."""

from msgspec.structs import replace

from hairpin.change.change import RenameLink
from hairpin.change.simulation.links import with_name
from hairpin.events.course import Course
from hairpin.events.engines.containers import successor
from hairpin.events.happening import asked_course
from hairpin.host.docker import Subnet
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from hairpin.walk.walk import walk_flow
from tests.podman_host import with_podman
from tests.small_host import CLIENT, WEB, container, engine, host_namespace, network, published


def after(within: Network, event: str = "container-recreate") -> Course:
    """Return the course after each container was recreated."""
    return asked_course(within, parse_event(event))[1]


def moved(fixed: int | None = None) -> Network:
    """Return the host whose container has an address above others that are free."""
    end = replace(container().endpoints[0], ipv4=CLIENT, fixed4=fixed)
    return network(docker=engine(replace(container(), endpoints=(end,))))


def test_the_successor_has_another_id_and_the_first_free_address() -> None:
    (made,) = after(moved()).host.containers()
    assert made.id != container().id
    assert (made.name, made.status, made.endpoints[0].ipv4) == ("web", "running", WEB)


def test_an_address_that_somebody_chose_stays() -> None:
    (made,) = after(moved(CLIENT)).host.containers()
    assert made.endpoints[0].ipv4 == CLIENT


def test_the_short_id_is_no_longer_a_name_of_it() -> None:
    known = container().id[:12]
    end = replace(container().endpoints[0], aliases=("www", known))
    made = successor(replace(container(), endpoints=(end,)))
    assert made.endpoints[0].aliases == ("www", made.id[:12])


def test_networks_that_somebody_has_joined_later_are_a_condition() -> None:
    first = container().endpoints[0]
    other = replace(first, network="other", ipv4=None)
    several = replace(container(), endpoints=(first, other))
    by_compose = replace(several, service="web")
    assert after(network(docker=engine(several))).conditions
    assert not after(network(docker=engine(by_compose))).conditions, "the file names all of its networks"


def test_podman_gives_the_next_address() -> None:
    (made,) = after(with_podman()).host.containers()
    assert made.endpoints[0].ipv4 == WEB + 1


ID = "a1b2c3d4e5f6" + "0" * 52
BRIDGE = "br-a1b2c3d4e5f6"


def project(version: str = "28.5.2", subnet: Subnet | None = None) -> Network:
    """Return the host whose container and whose network are a project of Compose's; docker0 is the network's bridge."""
    web = replace(container(), project="app", service="web")
    joined = replace(engine().networks[0], id=ID, project="app")
    if subnet is not None:
        joined = replace(joined, subnets=(subnet,))
    described = replace(engine(web), version=version, networks=(joined,))
    return network(host_namespace(values={"conf__default__forwarding": "1"}), docker=described)


def test_a_project_gets_the_lowest_free_subnet_and_serves_again() -> None:
    course = after(project(), "compose-recreate")
    (made,) = course.host.engines[0].networks
    assert (made.id != ID, made.subnets[0].network) == (True, 0xAC110000)
    assert course.host.containers()[0].id != container().id
    assert not course.conditions
    assert walk_flow(course.network, published()).verdict == "delivered"


def test_an_older_docker_goes_on_behind_the_last_subnet() -> None:
    course = after(project("20.10.24"), "compose-recreate")
    assert course.host.engines[0].networks[0].subnets[0].network == 0xAC120000
    assert "172.18.0.0/16" in str(course.conditions[0])
    (web,) = course.host.containers()
    assert web.endpoints[0].ipv4 == 0xAC120002
    assert course.namespace.link("docker0") is not None, "the network names its bridge"


def test_an_older_docker_goes_on_behind_all_of_the_subnets_that_have_gone() -> None:
    within = project("20.10.24")
    own = within.this.engines[0]
    subnets = (Subnet(4, 0xAC120000, 16, 0xAC120001),)
    second = replace(own.networks[0], id="b" * 64, name="back", bridge=BRIDGE, subnets=subnets)
    within = within.with_host(replace(within.this, engines=(replace(own, networks=(*own.networks, second)),)))
    made = after(within, "compose-recreate").host.engines[0].networks
    assert [each.subnets[0].network for each in made] == [0xAC130000, 0xAC140000]


def test_a_subnet_of_the_file_stays() -> None:
    chosen = Subnet(4, 0xAC110000, 16, WEB - 1, part=(0xAC110000, 24))
    course = after(project("20.10.24", chosen), "compose-recreate")
    assert course.host.engines[0].networks[0].subnets == (chosen,)
    assert not course.conditions


def test_a_bridge_is_named_by_the_new_id() -> None:
    within = project("20.10.24")
    namespace = within.namespace(within.this.netns)
    renamed = with_name(namespace, RenameLink(within.this.netns, "docker0", BRIDGE))
    own = replace(within.this.engines[0], networks=(replace(within.this.engines[0].networks[0], bridge=BRIDGE),))
    within = within.with_namespace(within.this.netns, renamed)
    within = within.with_host(replace(within.this, engines=(own,)))
    course = after(within, "compose-recreate")
    made = course.host.engines[0].networks[0].bridge or ""
    assert made.startswith("br-")
    assert made != BRIDGE
    assert course.namespace.link(BRIDGE) is None
    assert course.namespace.link(made) is not None
