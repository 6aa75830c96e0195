"""Containers that end together leave what they leave one after another."""

import msgspec
import pytest

from bench.docker_host import docker_host
from hairpin.events.course import Course
from hairpin.events.engines._containers import with_container_ended, with_containers_ended
from hairpin.events.engines._dockerd import with_dockerd_killed
from hairpin.events.engines._podman import following_address
from hairpin.events.happening import course_of
from hairpin.host.docker import Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.managers import Unit
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.podman_host import podman, podmans
from tests.small_host import DOCKER_RULES, WEB, container, engine, host_namespace, network

DOCKER = docker_host(4)


@pytest.mark.parametrize(
    "within", (DOCKER, network(), network(docker=podman(podmans()))), ids=("four", "one", "podman")
)
def test_together_or_one_after_another(within: Network) -> None:
    begun = Course(within, within.this.name)
    running = [each for each in within.this.containers() if each.running]
    course = begun
    for each in running:
        course = with_container_ended(course, each)
    assert course.network != within
    assert with_containers_ended(begun, running).network == course.network


def test_the_rules_of_one_that_runs_on_stay() -> None:
    first, *others = DOCKER.this.containers()
    course = with_containers_ended(Course(DOCKER, DOCKER.this.name), others)
    (nat,) = (each for each in course.namespace.ruleset.tables if each.name == "nat")
    ports = {rule.text.partition("--dport ")[2].split()[0] for chain in nat.chains for rule in chain.rules
             if "DNAT" in rule.text}  # fmt: skip
    assert ports == {str(first.bindings[0].host_port)}


def test_a_daemon_that_ends_takes_all_of_them() -> None:
    begun = Course(DOCKER, DOCKER.this.name)
    stopped = course_of(DOCKER, DOCKER.this.name, "docker-stop")
    assert stopped is not None
    together = with_dockerd_killed(with_containers_ended(begun, DOCKER.this.containers()))
    assert stopped.network == together.network
    assert not any(each.running for each in stopped.host.containers())
    assert [each.name for each in stopped.host.namespaces] == ["host"]


def orders(rule: str, *, fixed4: int | None = None) -> list[str]:
    """Return the conditions of a restart of dockerd with two containers on its network, and a rule of somebody's."""
    always = msgspec.structs.replace(container(), restart_policy="always", started_at="2025")
    end = msgspec.structs.replace(always.endpoints[0], ipv4=WEB + 1, fixed4=fixed4)
    other = msgspec.structs.replace(always, id="d" * 64, name="db", netns=None, bindings=(), endpoints=(end,),
                                    started_at="2026")  # fmt: skip
    rules = DOCKER_RULES.replace("-A DOCKER-USER -j RETURN", f"{rule}\n-A DOCKER-USER -j RETURN")
    within = network(host_namespace(rules), docker=engine(always, other))
    course = course_of(within, "test", "docker-restart")
    assert course is not None
    return [str(each) for each in course.conditions]


def test_which_container_gets_the_address_of_a_rule_is_a_condition() -> None:
    """dockerd starts them side by side."""
    assert orders("-A DOCKER-USER -d 172.17.0.3/32 -j DROP") == [
        "dockerd starts the containers of bridge in this order: web, db"
    ]


@pytest.mark.parametrize("rule", ("-A DOCKER-USER -d 172.17.0.30/32 -j DROP", "-A DOCKER-USER -p udp -j DROP"))
def test_where_no_rule_names_an_address_the_order_is_nobodys_concern(rule: str) -> None:
    assert orders(rule) == []


def test_an_address_that_somebody_has_chosen_does_not_depend_on_the_order() -> None:
    assert orders("-A DOCKER-USER -d 172.17.0.3/32 -j DROP", fixed4=WEB + 1) == []


def podman_on(driver: str, *, ipv6: bool = True) -> Network:
    """Return the host with ``web`` and ``db``, both of which run on one network of Podman, in both families."""
    six = "fd00:90::"
    whole = podman(podmans())
    (joined,) = whole.networks
    subnets = (*joined.subnets, Subnet(6, parse_address(six)[1], 64))
    stacked = driver != "bridge"
    joined = msgspec.structs.replace(
        joined, driver=driver, bridge=None if stacked else joined.bridge, subnets=subnets, ipv6=ipv6
    )
    (end,) = podmans().endpoints
    end = msgspec.structs.replace(end, ipv6=parse_address(f"{six}2")[1] if ipv6 else None, ipv6_prefix_length=64)
    beside = msgspec.structs.replace(end, ipv4=WEB + 1, ipv6=parse_address(f"{six}3")[1] if ipv6 else None)
    web = msgspec.structs.replace(podmans(), restart_policy="always", endpoints=(end,))
    db = msgspec.structs.replace(web, id="d" * 64, name="db", netns=None, bindings=(), endpoints=(beside,))
    return network(docker=msgspec.structs.replace(whole, containers=(web, db), networks=(joined,)))


@pytest.mark.parametrize("driver", ("bridge", "macvlan"))
@pytest.mark.parametrize("ipv6", (True, False))
def test_both_families_go_on_with_the_next_address(driver: str, *, ipv6: bool) -> None:
    """As Podman 5.4.2 gives them, on a bridge and on the host's own network."""
    course = course_of(podman_on(driver, ipv6=ipv6), "test", "container-restart", "web")
    assert course is not None
    (end,) = next(each for each in course.host.containers() if each.name == "web").endpoints
    assert (end.ipv4, end.ipv6) == (WEB + 2, parse_address("fd00:90::4")[1] if ipv6 else None)


def test_an_address_that_a_person_has_chosen_stays() -> None:
    within = podman_on("bridge")
    (engine,) = within.this.engines
    web, db = engine.containers
    chosen = msgspec.structs.replace(web.endpoints[0], fixed6=web.endpoints[0].ipv6)
    boxes = (msgspec.structs.replace(web, endpoints=(chosen,)), db)
    this = msgspec.structs.replace(within.this, engines=(msgspec.structs.replace(engine, containers=boxes),))
    course = course_of(within.with_host(this), "test", "container-restart", "web")
    assert course is not None
    (end,) = next(each for each in course.host.containers() if each.name == "web").endpoints
    assert (end.ipv4, end.ipv6) == (WEB + 2, web.endpoints[0].ipv6)


@pytest.mark.parametrize(("backend", "given"), (("netavark", WEB), ("cni", WEB + 1)))
def test_a_boot_begins_with_the_first_address(backend: str, given: int) -> None:
    """netavark's list is in /run: measured with Podman 5.4.2.  CNI's is on the disk."""
    within = podman_on("bridge")
    (engine,) = within.this.engines
    alone = (engine.containers[0],)
    this = msgspec.structs.replace(
        within.this,
        engines=(msgspec.structs.replace(engine, containers=alone, network_backend=backend),),
        units=(Unit("podman-restart.service", "active", "enabled"),),
    )
    course = course_of(within.with_host(this), "test", "reboot")
    assert course is not None
    assert [end.ipv4 for each in course.host.containers() for end in each.endpoints] == [given]


@pytest.mark.parametrize(("held", "following"), (("172.17.0.9", "172.17.0.10"), (None, "172.17.0.3")))
def test_an_address_that_a_namespace_still_has_was_given(held: str | None, following: str) -> None:
    """Podman 5.4.2 lists no network of a paused container that was disconnected: its link stays."""
    whole = network(docker=podman(podmans())).this
    left = Namespace("netns:left", addresses=(Address("eth1", 4, parse_address(held)[1], 16),) if held else ())
    was = msgspec.structs.replace(whole, namespaces=(*whole.namespaces, left))
    (engine,) = was.engines
    (joined,) = engine.networks
    assert following_address(was, engine, joined, joined.subnets[0]) == parse_address(following)[1]
