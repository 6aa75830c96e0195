"""Containers and networks answer for themselves."""

import pytest

from hairpin.host.docker import Container, DockerNetwork


@pytest.mark.parametrize(
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


def test_option() -> None:
    network = DockerNetwork("1", "n1", "bridge", options=(("a", "b"),))
    assert (network.option("a"), network.option("b")) == ("b", None)
