"""``docker network ls`` and ``docker port`` tell what the snapshot tells."""

import pytest

from hairpin.evidence import file
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, containers_in, host_in, keys_in, output_of


@pytest.mark.parametrize(("engine", "command"), (("docker", "docker network ls"), ("podman", "podman network ls")))
def test_the_law_of_networks(engine: str, command: str) -> None:
    text = output_of(f"{engine}.txt", command) + output_of(f"{engine}.txt", f"{engine} ps")
    (found,) = host_in(text).engines
    (known,) = (each for each in parse(file.read(RECORDED / f"{engine}.hairpin")).engines if each.kind == engine)
    drivers = {each.name: each.driver for each in known.networks}
    assert {each.name: each.driver for each in found.networks} == drivers


def test_ports_of_all_containers() -> None:
    listed = containers_in(output_of("podman.txt", "podman ps") + output_of("podman.txt", "podman port -a"))
    assert [each.host_port for each in listed["two"].bindings] == [9000, 9001, 9002]


def test_ports_without_a_container_are_told_alone() -> None:
    assert keys_in("80/tcp -> 0.0.0.0:8080") == ()
