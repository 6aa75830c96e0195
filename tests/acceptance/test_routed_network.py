"""Ports of networks that are routed, in one family or in both: a recorded host of Docker 28.5.

With real connections, ``198.51.100.11:8082`` (w1, routed for IPv4, without IPv6) was refused and
``[2001:db8:1::11]:8082`` answered; by IPv4 and IPv6, port 8084 (w3, routed in both) was refused; and 172.18.0.2:80 and
172.31.0.2:80 answered clients that had a route.  After `docker restart w1`, docker-proxy listened on [::]:8082.
"""

from pathlib import Path

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.engines.docker.dockerd import expected
from hairpin.host.read.parse import parse
from hairpin.question.asked import Target
from hairpin.question.question import Question

HOST = load(Path(__file__).parents[1] / "fixtures" / "docker-hosts" / "28.5-routed.hairpin")


def asked(*targets: Target) -> Answer:
    return ask(Question("check", targets), (HOST,))


@pytest.mark.parametrize(
    ("port", "name", "network", "verdicts"),
    (
        (8082, "w1", "rt4", {(4, "refused"), (6, "delivered")}),
        (8083, "w2", "rt46", {(4, "refused"), (6, "delivered")}),
        (8084, "w3", "rtb", {(4, "refused"), (6, "refused")}),
    ),
)
def test_the_network_is_named_and_not_another_container(
    port: int, name: str, network: str, verdicts: set[tuple[int, str]]
) -> None:
    found = asked(Target(port))
    assert {(each.trace.flow.version, each.verdict) for each in found.flows} == verdicts
    causes = [each for each in found.causes if each.severity == "blocking"]
    assert {each.id for each in causes} == {"port-not-published"}
    assert all(f"Network {network} of {name} is routed" in str(each.candidate.title) for each in causes)
    assert all(each.configured is not None and each.configured.owner == network for each in causes)
    assert "docker-proxy-missing" not in {each.id for each in found.causes}


def test_a_port_of_the_host_is_another_matter() -> None:
    assert all(each.succeeds for each in asked(Target(8080)).flows)


def test_a_routed_network_is_no_problem_unless_its_port_is_asked() -> None:
    assert not [each for each in asked().causes if each.severity == "blocking"]


def test_docker_proxy_listens_in_the_family_that_is_not_routed() -> None:
    host = parse(HOST)
    docker = next(each for each in host.engines if each.kind == "docker")
    listeners = expected(docker, host.namespace(host.netns.name)).listeners
    assert {(each.container, each.version, each.port) for each in listeners} == {
        ("web", 4, 8080), ("web", 6, 8080), ("w1", 6, 8082), ("w2", 6, 8083),
    }  # fmt: skip
