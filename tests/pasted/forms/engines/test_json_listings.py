"""Rows of listings in JSON, of Docker's client and API and of Podman, become containers."""

import json

import pytest

from tests.pasted.readings import containers_in, output_of

API: dict[str, object] = {
    "Id": "4a1e3b2c9d10" + "0" * 52, "Names": ["/web"], "Image": "nginx", "State": "running", "Status": "Up 5 minutes",
    "Ports": [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}, {"PrivatePort": 443, "Type": "tcp"},
    ],
    "HostConfig": {"NetworkMode": "shop_default"}, "NetworkSettings": {"Networks": {"shop_default": {}}},
}  # fmt: skip
PODMAN: dict[str, object] = {
    "Id": "4a1e3b2c9d10" + "0" * 52, "Names": ["web"], "Image": "nginx", "State": "running", "Status": "Up 5 minutes",
    "Ports": [{"host_ip": "", "container_port": 80, "host_port": 8080, "range": 2, "protocol": "tcp"}],
    "Networks": ["podman"], "ExitCode": 0, "ExitedAt": -62135596800,
}  # fmt: skip


@pytest.mark.parametrize(("row", "ports"), ((API, [(80, 8080)]), (PODMAN, [(80, 8080), (81, 8081)])))
def test_a_row(row: dict[str, object], ports: list[tuple[int, int]]) -> None:
    found = containers_in(json.dumps([row], indent=2))["web"]
    assert (found.status, found.image) == ("running", "nginx")
    assert [(each.container_port, each.host_port) for each in found.bindings] == ports


def test_rows_of_the_client() -> None:
    assert containers_in(output_of("docker.txt", "docker ps --format json"))["front"].network_mode == "default"
