"""Containers and networks answer for themselves."""

import pytest

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, Tool
from tests.rows import each_row


@each_row(
    ("status", "running"),
    (
        ("running", True),
        ("paused", True),
        ("restarting", False),
        ("created", False),
        ("exited", False),
        ("dead", False),
    ),
)
def test_running(status: str, running: bool) -> None:
    assert Container("1", "web", status).running is running


@each_row(
    ("exit_code", "finished_at", "unknown"),
    (
        (None, "", True),
        (None, "0001-01-01T00:00:00Z", True),
        (None, "2026-11-27T22:29:28Z", False),
        (137, "0001-01-01T00:00:00Z", False),
        (0, "2026-11-27T22:29:28Z", False),
    ),
)
def test_an_end_of_which_the_engine_tells_nothing(exit_code: int | None, finished_at: str, unknown: bool) -> None:
    ended = Container("1", "web", "exited", exit_code=exit_code, finished_at=finished_at)
    assert ended.has_unknown_end is unknown


def test_option() -> None:
    network = DockerNetwork("1", "n1", "bridge", options=(("a", "b"),))
    assert (network.option("a"), network.option("b")) == ("b", None)


@pytest.mark.parametrize(
    ("iptables", "ip_masq", "default", "masquerades"),
    (
        (None, None, "true", False),
        (False, None, "true", True),
        (False, False, "true", False),
        (False, None, "false", False),
    ),
)
def test_a_daemon_without_iptables_writes_that_it_does_not_masquerade(
    iptables: bool | None, ip_masq: bool | None, default: str, masquerades: bool
) -> None:
    options = (
        ("com.docker.network.bridge.default_bridge", default),
        ("com.docker.network.bridge.enable_ip_masquerade", "false"),
    )
    network = DockerNetwork("1", "n1", "bridge", options=options)
    engine = Engine("docker", "unix:///run/docker.sock", iptables=iptables, ip_masq=ip_masq, networks=(network,))
    assert engine.masquerades(network) is masquerades


def test_a_bridge_whose_ipv4_gateway_is_elsewhere_still_has_the_ipv6_one() -> None:
    inhibited = DockerNetwork("n", "n", "bridge", options=(("com.docker.network.bridge.inhibit_ipv4", "true"),))
    assert not inhibited.gives_bridge_an_address(4)
    assert inhibited.gives_bridge_an_address(6)
    assert DockerNetwork("n", "n", "bridge").gives_bridge_an_address(4)


def test_a_network_is_found_by_its_name() -> None:
    first, second = (DockerNetwork(name, name, "bridge") for name in ("n1", "n2"))
    asked = Engine("docker", "unix:///run/docker.sock", networks=(first, second))
    assert (asked.network("n2"), asked.network("n3")) == (second, None)


@each_row(
    ("mode", "endpoint", "unconnected"),
    (
        ("default", Endpoint("bridge"), True),
        ("bridge", Endpoint("bridge"), True),
        ("default", Endpoint("n1", ipv4=1), False),
        ("n1", Endpoint("n1"), False),
        ("host", Endpoint("host"), False),
    ),
)
def test_a_daemon_without_a_default_network_leaves_its_containers_unconnected(
    mode: str, endpoint: Endpoint, unconnected: bool
) -> None:
    one = Container("1", "web", "running", network_mode=mode, endpoints=(endpoint,))
    assert Engine("docker", "20.10.24", bridge_name="none").leaves_unconnected(one) is unconnected
    assert not Engine("docker", "20.10.24").leaves_unconnected(one)


@each_row(
    ("kind", "mode", "status", "networks", "unconnected"),
    (
        ("docker", "default", "exited", (), True),
        ("docker", "shop", "exited", (), True),
        ("docker", "default", "exited", ("bridge",), False),
        ("docker", "default", "running", (), False),
        ("docker", "none", "exited", (), False),
        ("docker", "host", "exited", (), False),
        ("docker", "container:1", "exited", (), False),
        ("podman", "slirp4netns", "exited", (), False),
        ("podman", "bridge", "exited", (), False),
    ),
)
def test_only_docker_starts_a_container_without_its_network(
    kind: Tool, mode: str, status: str, networks: tuple[str, ...], unconnected: bool
) -> None:
    endpoints = tuple(Endpoint(each) for each in networks)
    container = Container("1", "web", status, network_mode=mode, endpoints=endpoints)
    assert Engine(kind, "").starts_unconnected(container) is unconnected


@pytest.mark.parametrize(
    ("policy", "task", "status", "starts"),
    (
        ("no", False, "running", False),
        ("always", False, "exited", True),
        ("no", True, "running", True),  # the swarm runs the task in a new container
        ("no", True, "exited", False),  # it has replaced this one already
    ),
)
def test_whether_a_start_of_dockerd_starts_it(policy: str, task: bool, status: str, starts: bool) -> None:
    found = Container("c" * 64, "web", status, restart_policy=policy, is_task=task)
    assert found.starts_with_daemon is starts
