"""Containers from the engine's JSON."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import Container, Endpoint, PinnedName, PortBinding
from hairpin.host.read.engines.container_json import containers, publishing_endpoint
from hairpin.netfilter.rule_address import read_address
from tests.rows import each_row

RUNNING = {"Status": "running", "Running": True, "Pid": 270, "ExitCode": 0, "Error": ""}


def one(key: str = "docker-containers", **fields: Any) -> Container:
    text = json.dumps({"Id": "c" * 64, "Name": "/web", "State": RUNNING, **fields})
    (found,) = containers(replace(text_reading(text, "docker inspect", "e9"), key=key))
    return found


def binding(
    host_port: int, version: Any, host_ip: int | None = None, actual: bool = True, by_default: bool = False
) -> PortBinding:
    return PortBinding("tcp", 80, host_port, host_ip, version, actual, by_default)


def published(*entries: tuple[str, str]) -> dict[str, Any]:
    return {"80/tcp": [{"HostIp": ip, "HostPort": port} for ip, port in entries]}


BINDINGS: dict[str, tuple[dict[str, Any], dict[str, Any] | None, tuple[PortBinding, ...]]] = {
    "in effect": (published(("", "8151")), published(("0.0.0.0", "8151"), ("::", "8151")),
                  (binding(8151, 4), binding(8151, 6))),
    "IPv4 alone, as old engines say": (published(("", "8151")), published(("0.0.0.0", "8151")), (binding(8151, 4),)),
    "one address": (published(("127.0.0.1", "8151")), published(("127.0.0.1", "8151")),
                    (binding(8151, 4, 0x7F000001),)),
    "no address, and a default one": (published(("", "8151")), published(("127.0.0.1", "8151")),
                                      (binding(8151, 4, 0x7F000001, by_default=True),)),
    "every port of the image, and a default address": ({}, published(("127.0.0.1", "49153")),
                                                  (binding(49153, 4, 0x7F000001, by_default=True),)),
    "one of two with an address": (published(("", "8151"), ("127.0.0.1", "8152")),
                                   published(("127.0.0.1", "8151"), ("127.0.0.1", "8152")),
                                   (binding(8151, 4, 0x7F000001, by_default=True), binding(8152, 4, 0x7F000001))),
    "an address and a range": (published(("127.0.0.1", "8000-8010")), published(("127.0.0.1", "8003")),
                               (binding(8003, 4, 0x7F000001),)),
    "asked for, not in effect": (published(("", "8151")), {},
                                 (binding(8151, 4, None, False), binding(8151, 6, None, False))),
    "asked for, the engine says null": (published(("::1", "8151")), {"80/tcp": None}, (binding(8151, 6, 1, False),)),
    "any port, chosen": (published(("", "")), published(("0.0.0.0", "49153")), (binding(49153, 4),)),
    "any port, not chosen yet": (published(("", "0")), None, ()),
    "a range, not chosen yet": (published(("", "8000-8010")), None, ()),
    "exposed alone": ({}, {"80/tcp": None}, ()),
    "an unknown protocol": ({"80/dccp": [{"HostIp": "", "HostPort": "1"}]}, None, ()),
}  # fmt: skip


@each_row(("asked", "actual", "expected"), BINDINGS.values(), ids=BINDINGS)
def test_bindings(asked: dict[str, Any], actual: dict[str, Any] | None, expected: tuple[PortBinding, ...]) -> None:
    found = one(HostConfig={"PortBindings": asked}, NetworkSettings={"Ports": actual})
    assert found.bindings == expected


@pytest.mark.parametrize("address", ("", "0.0.0.0"))
def test_podman_prints_no_address_or_that_of_ipv4_for_every_address(address: str) -> None:
    """With an IPv6 address in the container, podman publishes by IPv6 too."""
    ports = published((address, "8080"))
    four, six = {"IPAddress": "10.88.0.2"}, {"IPAddress": "10.88.0.2", "GlobalIPv6Address": "fd00::2"}

    def bindings(endpoint: dict[str, str]) -> tuple[PortBinding, ...]:
        settings = {"Ports": ports, "Networks": {"podman": endpoint}}
        return one("podman-containers", HostConfig={"PortBindings": ports}, NetworkSettings=settings).bindings

    assert bindings(four) == (binding(8080, 4),)
    assert bindings(six) == (binding(8080, 4), binding(8080, 6))


def test_the_address_of_ipv4_is_that_alone_to_docker() -> None:
    ports = published(("0.0.0.0", "8080"))
    networks = {"six": {"IPAddress": "172.18.0.2", "GlobalIPv6Address": "fd00::2"}}
    assert one(NetworkSettings={"Ports": ports, "Networks": networks}).bindings == (binding(8080, 4),)


def test_a_running_container() -> None:
    found = one(
        Config={"Image": "nginx", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}},
        HostConfig={"NetworkMode": "n1", "RestartPolicy": {"Name": "always"}, "Dns": ["192.0.2.53"]},
    )
    assert (found.name, found.status, found.pid, found.running, found.netns) == ("web", "running", 270, True, None)
    assert (found.image, found.network_mode, found.restart_policy) == ("nginx", "n1", "always")
    assert (found.exposed, found.dns, found.evidence) == ((("tcp", 80), ("udp", 53)), ("192.0.2.53",), "e9")


@each_row(("file", "mode"), (("/run/b", "slirp4netns:allow_host_loopback=true"), ("/run/a", "slirp4netns")))
def test_the_command_line_of_its_network_stack_knows_more_of_the_network_mode(file: str, mode: str) -> None:
    fields = {"HostConfig": {"NetworkMode": "slirp4netns"}, "NetworkSettings": {"SandboxKey": file}}
    text = json.dumps({"Id": "c" * 64, "Name": "/web", "State": RUNNING, **fields})
    (found,) = containers(
        text_reading(text, "podman inspect", "e9"), {"/run/b": "slirp4netns:allow_host_loopback=true"}
    )
    assert (found.network_mode, found.mode) == (mode, "slirp4netns")


@pytest.mark.parametrize(
    ("config", "off"), (({"NetworkDisabled": True}, True), ({"NetworkDisabled": False}, False), ({}, False))
)
def test_a_network_that_is_switched_off(config: dict[str, Any], off: bool) -> None:
    assert one(Config=config).network_disabled is off


def test_a_task_of_a_swarms_service() -> None:
    found = one(Config={"Labels": {"com.docker.swarm.service.name": "shop_api"}})
    assert (found.service, found.is_task, found.service_names) == ("shop_api", True, ("shop_api", "tasks.shop_api"))
    found = one(Config={"Labels": {"com.docker.compose.service": "api"}})
    assert (found.service, found.is_task, found.service_names) == ("api", False, ("api",))


def test_a_project_of_composes() -> None:
    assert one(Config={"Labels": {"com.docker.compose.project": "shop"}}).project == "shop"
    assert one(Config={"Labels": {"io.podman.compose.project": "shop"}}).project == "shop"
    assert not one(Config={"Labels": {"com.docker.compose.service": "api"}}).project


def test_a_stopped_container() -> None:
    found = one(
        State={"Status": "exited", "Pid": 0, "ExitCode": 137, "Error": "oom", "FinishedAt": "2026-11-20T10:09:14Z"},
        NetworkSettings={"Networks": {"bridge": {"IPAddress": "", "Gateway": "", "MacAddress": ""}}},
    )
    assert (found.status, found.pid, found.running, found.exit_code, found.error) == ("exited", None, False, 137, "oom")
    assert found.endpoints == (Endpoint("bridge"),)
    assert found.restart_policy == "no"


def test_an_endpoint() -> None:
    endpoint = {
        "NetworkID": "n" * 64, "IPAddress": "172.18.0.2", "IPPrefixLen": 16, "GlobalIPv6Address": "fd00::2",
        "GlobalIPv6PrefixLen": 64, "Gateway": "172.18.0.1", "IPv6Gateway": "fd00::1", "MacAddress": "02:42:ac:12:00:02",
        "Aliases": ["web"], "DNSNames": ["web", "cccccccccccc"],
    }  # fmt: skip
    (found,) = one(NetworkSettings={"Networks": {"n1": endpoint}}).endpoints
    assert found == Endpoint(
        network="n1",
        network_id="n" * 64,
        ipv4=read_address("172.18.0.2", "ip"),
        ipv4_prefix_length=16,
        ipv6=read_address("fd00::2", "ip6"),
        ipv6_prefix_length=64,
        gateway4=read_address("172.18.0.1", "ip"),
        gateway6=read_address("fd00::1", "ip6"),
        mac=0x0242AC120002,
        aliases=("web", "cccccccccccc"),
    )


def test_one_object_a_line_and_one_array_are_the_same() -> None:
    objects = [{"Id": "1", "Name": "/a"}, {"Id": "2", "Name": "b"}]
    lines = "".join(json.dumps(item) + "\n" for item in objects)
    assert containers(text_reading(lines, "")) == containers(text_reading(json.dumps(objects), ""))
    assert [item.name for item in containers(text_reading(lines, ""))] == ["a", "b"]
    assert containers(text_reading("\n", "")) == ()


def endpoints(mode: str, *names: str) -> Container:
    return Container(
        "1", "web", "running", mode, endpoints=tuple(Endpoint(name, ipv4=n) for n, name in enumerate(names, 1))
    )


@pytest.mark.parametrize(
    ("container", "network"),
    (
        (endpoints("default", "a", "bridge"), "bridge"),
        (endpoints("n1", "a", "n1"), "n1"),
        (endpoints("host", "a", "b"), "a"),
        (endpoints("host"), None),
    ),
)
def test_publishing_endpoint(container: Container, network: str | None) -> None:
    found = publishing_endpoint(container)
    assert (found.network if found is not None else None) == network


@pytest.mark.parametrize(
    "fields",
    (
        {"Name": 5},
        {"NetworkSettings": {"Ports": {"x/tcp": [{"HostPort": "1"}]}}},
        {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "x", "HostPort": "1"}]}}},
        {"NetworkSettings": {"Networks": {"n1": {"IPAddress": "x"}}}},
    ),
)
def test_damage_is_a_parse_error(fields: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match="docker inspect"):
        one(**fields)


def test_names_of_links() -> None:
    found = one(HostConfig={"Links": ["/db:/api/database"], "ExtraHosts": ["x:10.0.0.1"]})
    assert (found.linked_names, found.extra_names) == (("db", "database"), ("x", "db", "database"))


def test_pinned_names() -> None:
    given = ["api:172.18.0.9", "gw:host-gateway", "v6:[fd00::9]", "v6b:fd00::9", "a;b:10.0.0.1", "odd:x"]
    found = one(HostConfig={"ExtraHosts": given}).pinned
    v6 = 0xFD00 << 112 | 9
    assert found == (
        PinnedName("api", 4, 0xAC120009),
        PinnedName("gw"),
        PinnedName("v6", 6, v6),
        PinnedName("v6b", 6, v6),
        PinnedName("a", 4, 0x0A000001),
        PinnedName("b", 4, 0x0A000001),
    )


NEVER, ONCE = "0001-01-01T00:00:00Z", "2026-11-27T20:09:47.411078846Z"
CREATED: dict[str, tuple[dict[str, Any], tuple[str, int | None]]] = {
    "it has never started": ({"StartedAt": NEVER}, ("created", 0)),
    "no time": ({}, ("created", 0)),
    "it ran before the boot": ({"StartedAt": ONCE, "FinishedAt": NEVER}, ("exited", None)),
    "its start failed": ({"StartedAt": ONCE, "Error": "address already in use"}, ("created", 0)),
}


@pytest.mark.parametrize(("state", "expected"), CREATED.values(), ids=CREATED)
def test_podman_forgets_how_a_container_ended(state: dict[str, Any], expected: tuple[str, int | None]) -> None:
    found = one(State={"Status": "created", "ExitCode": 0} | state)
    assert (found.status, found.exit_code) == expected


def test_what_podman_shows_of_a_pod_is_the_infra_containers() -> None:
    """Podman shows the address and the published ports of the pod for each of its containers."""
    settings = {"Networks": {"podman": {"IPAddress": "10.88.0.2"}}, "Ports": published(("0.0.0.0", "8151"))}
    shown = {"State": RUNNING, "NetworkSettings": settings}
    infra = {"Id": "a" * 64, "Name": "0a1b2c3d4e5f-infra", "HostConfig": {"NetworkMode": "bridge"}, **shown}
    member = {"Id": "b" * 64, "Name": "web", "HostConfig": {"NetworkMode": f"container:{infra['Id']}"}, **shown}
    owner, web = containers(text_reading(json.dumps([infra, member]), "podman inspect", "e9"))
    assert [each.ipv4 for each in owner.endpoints] == [0x0A580002]
    assert owner.bindings == (binding(8151, 4),)
    assert (web.endpoints, web.bindings) == ((), ())
    (alone,) = containers(text_reading(json.dumps([member]), "podman inspect", "e9"))
    assert (alone.endpoints, alone.bindings) == (owner.endpoints, owner.bindings)


@pytest.mark.parametrize(
    ("told", "action"),
    (({"HealthcheckOnFailureAction": "stop"}, "stop"), ({"HealthcheckOnFailureAction": "none"}, ""), ({}, "")),
)
def test_what_podman_does_with_an_unhealthy_container(told: dict[str, Any], action: str) -> None:
    assert one(Config=told).on_unhealthy == action
