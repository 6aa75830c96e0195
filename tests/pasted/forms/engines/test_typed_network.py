"""A typed ``docker network create`` tells what its network is meant to be."""

from hairpin.host.docker import DockerNetwork
from tests.pasted.readings import evidence_in_text, host_in, recognised_in
from tests.rows import each_row

CASES: dict[str, tuple[str, str, str, str]] = {
    "alone in its line": ("docker network create -d macvlan --subnet 192.0.2.0/24 lan", "lan", "macvlan", "192.0.2.1"),
    "continued, behind a prompt": (
        "$ sudo docker network create --driver=macvlan \\\n  --subnet=192.0.2.0/24 --gateway=192.0.2.254 \\\n  lan",
        "lan",
        "macvlan",
        "192.0.2.254",
    ),
    "options behind the name": ("docker network create back --subnet 10.9.8.7/24", "back", "bridge", "10.9.8.1"),
    "quoted in prose": (
        "2. Create it: `docker network create --driver=ipvlan -o parent=eno2 --subnet 192.0.2.0/24 lan` (as root)",
        "lan",
        "ipvlan",
        "192.0.2.1",
    ),
}


def _networks(text: str) -> list[DockerNetwork]:
    return [each for engine in host_in(text).engines for each in engine.networks]


@each_row(("text", "name", "driver", "gateway"), CASES.values(), ids=CASES)
def test_a_command_line_tells_its_network(text: str, name: str, driver: str, gateway: str) -> None:
    (found,) = _networks(text)
    (subnet,) = found.subnets
    own = subnet.gateway or 0
    assert (found.name, found.driver) == (name, driver)
    assert ".".join(str(own >> shift & 255) for shift in (24, 16, 8, 0)) == gateway


SILENT: dict[str, str] = {
    "an error follows": "$ docker network create --subnet 192.0.2.0/24 lan\nError response from daemon: Pool overlaps",
    "advice in an error, without options": "create the network manually using `docker network create internal` and",
    "a name to fill in": "docker network create --internal <name>",
    "no name": "podman network create --internal",
    "a network of several hosts": "docker network create -d overlay --subnet 192.0.2.0/24 far",
    "a sentence": "I had to docker network create it by hand, and then it works",
}


@each_row(("text",), ((each,) for each in SILENT.values()), ids=SILENT)
def test_other_lines_tell_no_network(text: str) -> None:
    assert not _networks(text)


def test_the_options_are_those_of_the_driver() -> None:
    (found,) = _networks("docker network create --opt com.docker.network.bridge.enable_icc=false --internal quiet")
    assert found.option("com.docker.network.bridge.enable_icc") == "false"
    assert found.internal


def test_podman_keeps_the_parent() -> None:
    lines = "podman network create -d macvlan -o parent=eno2 --subnet 192.0.2.0/24 lan\npodman run -d --net lan nginx"
    (found,) = _networks(lines)
    assert found.option("parent") == "eno2"


def test_an_output_of_the_engine_counts_more() -> None:
    text = """
docker network create --subnet 192.0.2.0/24 back
$ docker network inspect back
[{"Name": "back", "Id": "0123456789ab", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "198.51.100.0/24"}]}}]
"""
    (found,) = _networks(text)
    assert [each.network >> 24 for each in found.subnets] == [198]


def test_a_range_outside_of_the_subnet_is_left_out() -> None:
    line = "docker network create --subnet 192.0.2.0/24 --ip-range 198.51.100.0/28 --gateway 10.0.0.1 back"
    (found,) = _networks(line)
    assert [(each.part, each.gateway == each.network + 1) for each in found.subnets] == [(None, True)]


def test_the_line_is_listed() -> None:
    assert recognised_in("docker network create --internal quiet") == ("docker network create",)
    assert evidence_in_text("docker network create --internal quiet").find("docker-networks", "") is not None
