"""The container that a question is about, if no output lists containers."""

import pytest

from hairpin.evidence.told import Outcome, Result
from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host
from hairpin.question.target import parse_target
from hairpin.suppose.asked import UNNAMED, target_of, targets_of, with_asked_container, with_asking_container
from tests.rows import each_row
from tests.suppose.test_ordinary import RUN, host


def asked(*targets: str) -> Host:
    return with_asked_container(Host("vm"), tuple(map(parse_target, targets)))


def test_a_port_is_a_containers() -> None:
    (container,) = asked("8080", "8081/udp").containers()
    assert container.name == UNNAMED
    assert [(each.protocol, each.host_port) for each in container.bindings] == [("tcp", 8080), ("udp", 8081)]


def test_a_name_is_a_container() -> None:
    assert [each.name for each in asked("db:5432").containers()] == ["db"]


def test_without_a_target_there_is_a_container() -> None:
    assert [each.name for each in asked().containers()] == [UNNAMED]
    known = Host("vm", engines=(Engine("docker", "", containers=(Container("1", "web", "running"),)),))
    assert [each.name for each in with_asked_container(known, ()).containers()] == ["web"]


def test_the_asking_container_is_there_once() -> None:
    known = Host("vm", engines=(Engine("docker", "", containers=(Container("1", "web", "running"),)),))
    for name, names in (("web", ["web"]), ("api", ["web", "api"]), ("198.51.100.7", ["web"]), ("", ["web"])):
        assert [each.name for each in with_asking_container(known, (), name).containers()] == names
    none_listed = with_asked_container(Host("vm"), (parse_target("db:5432"),), "api")
    assert [each.name for each in none_listed.containers()] == ["db", "api"]


def test_the_asking_container_is_on_the_networks_of_the_asked_one() -> None:
    beside = (
        Container("1", "old", "running"),
        Container("2", "db", "running", network_mode="shop", project="shop"),
        Container("3", "queue", "running", network_mode="jobs"),
    )
    known = Host("vm", engines=(Engine("docker", "", containers=beside),))
    for target, mode in (("queue:5672", "jobs"), ("localhost:5432", "shop"), ("old:80", "default")):
        made = with_asking_container(known, (parse_target(target),), "api").container("api")
        assert made is not None
        assert made.network_mode == mode


@pytest.mark.parametrize(
    ("name", "port", "is_target"),
    (("10.8.0.5", 80, True), ("localhost", 80, True), ("2001:db8::1", 80, True), ("example.org", 443, False),
     ("", 80, False), ("10.8.0.5", None, False)),
)  # fmt: skip
def test_the_target_of_a_failure(name: str, port: int | None, *, is_target: bool) -> None:
    assert (target_of(Outcome("curl", "", "refused", name, port)) is not None) is is_target


@pytest.mark.parametrize(("result", "count"), (("timeout", 1), ("answered", 0)))
def test_only_failures_are_asked(result: Result, count: int) -> None:
    told = host("").told
    assert told is not None
    one = Outcome("curl", "", result, "10.8.0.5", 80)
    assert len(targets_of(type(told)(outcomes=(one, one)))) == count


_LOG = "REST server starting  addr=127.0.0.1:8475\n"


@each_row(
    ("text", "ports"),
    (
        (f"The mapped ports receive no traffic.\n{_LOG}", [8475]),
        (f"The mapped ports receive no traffic.\n{_LOG.replace('127.0.0.1', '0.0.0.0')}", []),
        (f"The mapped ports receive no traffic.\n{RUN}{_LOG}", []),
        (_LOG, []),
    ),
)
def test_without_a_target_the_ports_of_local_listeners_are_asked(text: str, ports: list[int]) -> None:
    told = host(text).told
    assert told is not None
    assert [each.port for each in targets_of(told)] == ports
