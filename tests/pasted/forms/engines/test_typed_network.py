"""A typed command tells of a network that is internal, and of the containers that somebody connected to a network."""

import pytest

from tests.pasted.readings import containers_in, host_in, keys_in

RUN = "$ docker run -d --name web --network back -p 8080:80 app\n"
INTERNAL: dict[str, tuple[str, bool]] = {
    "behind a prompt": ("user@srv:~$ docker network create --internal back\n", True),
    "in a list, in backticks": ("1. `sudo docker network create back --internal`\n", True),
    "options with values": ("docker network create -d bridge --subnet 10.9.0.0/24 --internal back\n", True),
    "not internal": ("docker network create back\n", False),
    "another network": ("docker network create --internal front\n", False),
    "in a sentence": ("I made it with docker network create --internal back\n", False),
}


@pytest.mark.parametrize(("text", "is_internal"), INTERNAL.values(), ids=INTERNAL)
def test_an_internal_network_publishes_no_port(text: str, *, is_internal: bool) -> None:
    found = containers_in(text + RUN)["web"]
    assert any(each.actual for each in found.bindings) != is_internal


@pytest.mark.parametrize("engine", ("docker", "podman"))
def test_the_network_is_known(engine: str) -> None:
    text = f"$ {engine} network create --internal back\n{RUN.replace('docker', engine)}"
    (found,) = host_in(text).engines
    assert [(each.name, each.internal) for each in found.networks] == [("back", True)]


def test_a_listing_of_ports_counts_more() -> None:
    listed = (
        "$ docker ps\nCONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"
        '3f2a1b4c5d6e   app   "app"   3 minutes ago   Up 3 minutes   0.0.0.0:8080->80/tcp   web\n'
    )
    found = containers_in("$ docker network create --internal back\n" + RUN + listed)["web"]
    assert all(each.actual for each in found.bindings)


def test_a_connection_alone_makes_no_network() -> None:
    assert keys_in("$ docker network connect back web\n") == ()
