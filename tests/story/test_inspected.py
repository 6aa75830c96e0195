"""Containers as the engines print them."""

from hairpin.story.inspected import containers_of
from tests.story.recorded import evidence

DOCKER = (
    '{"Id":"abcdef0123","Name":"/web","Created":"2026-11-26T12:00:00.5Z","State":{"Status":"running","StartedAt":"2026-11-26T12:00:01Z",'
    '"FinishedAt":"0001-01-01T00:00:00Z","ExitCode":0},"Config":{"Labels":{"com.docker.compose.service":"front"}},'
    '"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8151"}],"81/tcp":null}}}\n'
)


def test_a_container() -> None:
    ((found, reading),) = containers_of(evidence(("trace-containers", DOCKER)))
    assert (found.own_name, found.service, found.host_ports) == ("web", "front", frozenset({8151}))
    assert reading.key == "trace-containers"


def test_what_is_no_container_is_left_out() -> None:
    assert list(containers_of(evidence(("docker-containers", 'null\n{"Name":7}\n{broken\n')))) == []
    assert list(containers_of(evidence(("docker-containers", DOCKER), outcome="refused"))) == []
