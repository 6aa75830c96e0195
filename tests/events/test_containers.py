"""Containers that end together leave what they leave one after another."""

import pytest

from bench.docker_host import docker_host
from hairpin.events._containers import with_container_ended, with_containers_ended
from hairpin.events._dockerd import with_dockerd_killed
from hairpin.events.course import Course
from hairpin.events.happening import course_of
from hairpin.network.network import Network
from tests.podman_host import podman, podmans
from tests.small_host import network

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
