"""Which engines a host has, and whether they run."""

import json

import msgspec
import pytest

from hairpin.evidence.reading import HOST, Evidence, text_reading
from hairpin.host.boot.containers_conf import ConfLine
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.managers import Unit, Version
from hairpin.host.read.engines.engines import conf_lines, engines, is_mute, with_gateways
from hairpin.host.read.parse import parse
from hairpin.host.read.readings import Readings
from tests.host.fixture_evidence import evidence
from tests.rows import each_row
from tests.small_host import GATEWAY, container, engine, host_namespace

PACKAGE = (Version("package:docker.io", "1:20.10.24+dfsg1-1+deb12u1"),)


def of(read: Evidence, units: tuple[Unit, ...] = (), versions: tuple[Version, ...] = ()) -> dict[str, tuple[str, bool]]:
    readings = Readings(read)
    found = engines(readings, units, versions, mute=is_mute(readings))
    return {item.kind: (item.version, item.running) for item in found}


CASES: dict[str, tuple[Evidence, tuple[Unit, ...], tuple[Version, ...], dict[str, tuple[str, bool]]]] = {
    "none": (evidence(), (), (), {}),
    "it answers": (
        evidence(("docker-version", "", "docker version", '{"Version":"26.1.5"}')), (), (),
        {"docker": ("26.1.5", True)}),
    "info alone": (
        evidence(("docker-info", "", "docker info", '{"ServerVersion":"26.1.5"}')), (), (),
        {"docker": ("26.1.5", True)}),
    "its process alone": (
        evidence(("dockerd-cmdline", "", "/proc/9/cmdline", "")), (), PACKAGE, {"docker": ("20.10.24+dfsg1", True)}),
    "it may not be asked": (
        evidence(("docker-socket", "", "/run/docker.sock", "Permission denied"), outcome="refused"), (), (),
        {"docker": ("", True)}),
    "installed, not running": (evidence(), (), PACKAGE, {"docker": ("20.10.24+dfsg1", False)}),
    "configured, not running": (
        evidence(("daemon-json", "", "/etc/docker/daemon.json", "{}")), (), (), {"docker": ("", False)}),
    "known to systemd": (evidence(), (Unit("docker.service", "failed", "enabled"),), (), {"docker": ("", False)}),
    "podman": (
        evidence(("podman-version", "", "podman version", '{"Client":{"Version":"4.3.1"}}')), (), (),
        {"podman": ("4.3.1", True)}),
    "podman, never used": (
        evidence(), (), (Version("package:podman", "4.3.1+ds1-8"),), {"podman": ("4.3.1+ds1", False)}),
}  # fmt: skip


@each_row(("read", "units", "versions", "expected"), CASES.values(), ids=CASES)
def test_engines(
    read: Evidence, units: tuple[Unit, ...], versions: tuple[Version, ...], expected: dict[str, tuple[str, bool]]
) -> None:
    assert of(read, units, versions) == expected


LISTED = '{"Id":"%s","Name":"/web","State":{"Status":"running","Pid":9}}\n'
ANN, BOB = "runuser -u ann -- ", "runuser -u bob -- "


def test_each_users_docker_has_its_own_containers_options_and_socket() -> None:
    end = "unix:///run/user/1000/docker.sock"
    read = evidence(
        ("docker-socket", "", "/run/docker.sock", "unix:///run/docker.sock (dockerd, process 9)"),
        ("dockerd-cmdline", "", "/proc/9/cmdline", "--icc=false\n"),
        ("docker-version", "", "GET /version", '{"Version":"26.1.5"}'),
        ("docker-containers", "", "GET /containers/json?all=1", LISTED % ("a" * 64)),
        ("dockerd-cmdline", "", f"{ANN}/proc/12/cmdline", "--iptables=false\n"),
        ("docker-socket", "", f"{ANN}/run/user/1000/docker.sock", f"{end} (dockerd, process 12, of ann)"),
        ("docker-version", "", f"{ANN}GET /version", '{"Version":"28.5.2"}'),
        ("docker-containers", "", f"{ANN}GET /containers/json?all=1", LISTED % ("b" * 64)),
        ("docker-socket", "", f"{BOB}/run/user/1001/docker.sock", "unix:///run/user/1001/docker.sock (dockerd)"),
    )
    roots, anns = (each for each in parse(read).engines if each.kind == "docker")
    assert [(each.version, each.user, each.uid, each.icc, each.iptables) for each in (roots, anns)] == [
        ("26.1.5", "", 0, False, None), ("28.5.2", "ann", 1000, None, False),
    ]  # fmt: skip
    assert [[each.id[0] for each in one.containers] for one in (roots, anns)] == [["a"], ["b"]]
    assert anns.command("logs", "web") == f"docker -H {end} logs web"


def test_the_silence_of_a_users_docker_is_not_that_of_roots() -> None:
    refused = evidence(("docker-version", "", f"{ANN}GET /version", "timed out"), outcome="failed")
    assert not is_mute(Readings(refused))
    assert is_mute(Readings(evidence(("docker-version", "", "GET /version", "timed out"), outcome="failed")))


def test_options_of_flags_and_file_meet() -> None:
    read = evidence(
        ("docker-version", "", "docker version", '{"Version":"26.1.5"}'),
        ("dockerd-cmdline", "", "/proc/9/cmdline", "--userland-proxy=false\n"),
        ("daemon-json", "", "/etc/docker/daemon.json", '{"icc": false}'),
    )
    (engine,) = engines(Readings(read), (), ())
    assert engine == Engine("docker", "26.1.5", userland_proxy=False, icc=False, evidence="e1")


def test_each_user_has_a_podman() -> None:
    ann = "runuser -u ann -- env HOME=/srv/ann XDG_RUNTIME_DIR=/run/user/1000 podman"
    read = evidence(
        ("podman-version", "", "podman version", '{"Client":{"Version":"4.3.1"}}'),
        ("podman-containers", "", "podman inspect", '{"Id":"1","Name":"web","State":{"Status":"running","Pid":7}}'),
        ("podman-version", "", f"{ann} version", '{"Client":{"Version":"4.3.1"}}'),
        ("podman-info", "", f"{ann} info", '{"host":{"security":{"rootless":true}}}'),
        ("podman-containers", "", f"{ann} inspect", '{"Id":"2","Name":"api","State":{"Status":"running","Pid":8}}'),
    )
    own, anns = engines(Readings(read), (), ())
    assert (own.user, own.uid, own.rootless, [each.name for each in own.containers]) == ("", 0, False, ["web"])
    assert (anns.user, anns.uid, anns.rootless, [each.name for each in anns.containers]) == ("ann", 1000, True, ["api"])


def test_podmans_containers_and_networks() -> None:
    read = evidence(
        ("podman-version", "", "podman version", '{"Client":{"Version":"4.3.1"}}'),
        ("podman-info", "", "podman info", '{"host":{"security":{"rootless":false}}}'),
        ("podman-containers", "", "podman inspect", '{"Id":"1","Name":"web","State":{"Status":"running","Pid":7}}'),
        ("podman-networks", "", "podman network inspect", '{"name":"podman","id":"2","driver":"bridge"}'),
    )
    (engine,) = engines(Readings(read), (), ())
    assert ([item.name for item in engine.containers], [item.name for item in engine.networks]) == (["web"], ["podman"])


@pytest.mark.parametrize(
    ("unit", "stored", "error"),
    (
        ({"Runs": "podman start db", "State": "failed", "Said": "Error: no"}, "", "Error: no"),
        ({"Runs": "podman start db", "State": "failed", "Said": "Error: no"}, "own", "own"),
        ({"Runs": "podman start db", "State": "active", "Said": "Error: no"}, "", ""),
        ({"State": "failed", "Said": "Error: no"}, "", ""),
    ),
    ids=("Podman stores none", "Podman stores its own", "the unit runs", "a Quadlet's container"),
)
def test_the_unit_of_a_stopped_container_tells_its_error(unit: dict[str, str], stored: str, error: str) -> None:
    state = {"Id": "1", "Name": "db", "State": {"Status": "created", "Error": stored}}
    file = {"File": "/etc/systemd/system/db.service", "Unit": "db.service", "Name": "db"}
    read = evidence(
        ("podman-containers", "", "podman inspect", json.dumps(state)),
        ("quadlets", "", "systemctl show", json.dumps(file | unit)),
    )
    assert [each.error for each in parse(read).containers()] == [error]


def test_an_infra_container_has_the_name_of_its_users_pod() -> None:
    ann = "runuser -u ann -- env HOME=/srv/ann podman"
    box = '{"Id":"%s","Name":"%s","State":{"Status":"running","Pid":7}}\n'
    read = evidence(
        ("podman-containers", "", "podman inspect", box % ("1", "0a1b2c3d4e5f-infra") + box % ("2", "web")),
        ("podman-pods", "", "podman pod ps", '{"InfraId":"1","Name":"board"}\n{"InfraId":"","Name":"bare"}'),
        ("podman-containers", "", f"{ann} inspect", box % ("1", "0a1b2c3d4e5f-infra")),
    )
    own, anns = engines(Readings(read), (), ())
    assert [each.pod for each in (*own.containers, *anns.containers)] == ["board", "", ""]


# the links of a host, a container's network, and the networks that a dockerd that is down has
STORED: dict[str, tuple[str, str, bool, list[str]]] = {
    "its bridge is there": ("br-x", "", True, ["x"]),
    "its bridge is gone, and a container that runs is on it": ("lo", "id-x", True, ["x"]),
    "its bridge is gone since a reboot, and a container that has ended is on it": ("lo", "id-x", False, ["x"]),
    "it was deleted with its bridge": ("lo", "id-y", True, []),
}


@pytest.mark.parametrize(("link", "attached", "runs", "names"), STORED.values(), ids=STORED)
def test_networks_of_the_database_that_are_no_more(link: str, attached: str, runs: bool, names: list[str]) -> None:
    """A database keeps what was deleted, until its pages are written again."""
    options = {"com.docker.network.generic": {"com.docker.network.bridge.name": "br-x"}}
    network = {"id": "id-x", "name": "x", "networkType": "bridge", "generic": options}
    state = {"Status": "running" if runs else "exited", "Running": runs}
    web = {"Id": "c1", "Name": "/web", "State": state, "NetworkSettings": {"Networks": {"x": {"NetworkID": attached}}}}
    read = evidence(
        ("ip-addr", HOST, "ip -j -d addr", f'[{{"ifindex":1,"ifname":"{link}"}}]'),
        ("docker-stored-containers", "", "config.v2.json", json.dumps(web)),
        ("docker-stored-networks", "", "local-kv.db", json.dumps(network)),
    )
    (docker,) = engines(Readings(read), (), PACKAGE, mute=False)
    assert [each.name for each in docker.networks] == names


def test_the_options_of_a_daemon_that_is_down_are_its_units() -> None:
    """Its process would tell; there is none."""
    unit = ("dockerd-unit", "", "docker.service: ExecStart=", "--live-restore=true\n--userland-proxy=false\n")
    (docker,) = engines(Readings(evidence(unit)), (), PACKAGE, mute=False)
    assert (docker.running, docker.live_restore, docker.userland_proxy) == (False, True, False)
    (other,) = engines(
        Readings(evidence(unit, ("dockerd-cmdline", "", "/proc/9/cmdline", ""))), (), PACKAGE, mute=False
    )
    assert (other.running, other.live_restore) == (True, None)


TEXT = """\
/etc/containers/containers.conf:3:network.firewall_driver=nftables
not a line
/etc/containers/containers.conf.d/own.conf:14:containers.netns=host
"""


def test_each_line_has_its_file_and_number() -> None:
    reading = text_reading(TEXT, "grep")
    assert conf_lines(reading) == (
        ConfLine("/etc/containers/containers.conf", 3, "network.firewall_driver", "nftables", reading.id),
        ConfLine("/etc/containers/containers.conf.d/own.conf", 14, "containers.netns", "host", reading.id),
    )


_replace = msgspec.structs.replace
SUBNET = engine().networks[0].subnets[0]
PART = (SUBNET.network + 128, 25)
FIRST = PART[0]
HELD = _replace(host_namespace(), addresses=(Address("docker0", 4, FIRST, 16),))
ELSEWHERE = _replace(host_namespace(), addresses=(Address("docker0", 4, FIRST, 24), Address("eth0", 4, FIRST, 16)))


def _engine(gateway: int | None, part: tuple[int, int] | None, status: str = "exited") -> Engine:
    web = container(status)
    ends = tuple(_replace(each, gateway4=GATEWAY if status == "running" else None) for each in web.endpoints)
    made = engine(_replace(web, endpoints=ends))
    subnet = _replace(SUBNET, gateway=gateway, part=part)
    return _replace(made, networks=(_replace(made.networks[0], subnets=(subnet,)),))


GATEWAYS_CASES = {
    "the bridge has it": (_engine(None, PART), HELD, FIRST),
    "a running container names it": (_engine(None, PART, "running"), HELD, GATEWAY),
    "nothing shows it": (_engine(None, PART), ELSEWHERE, None),
    "the engine lists it": (_engine(GATEWAY, PART), HELD, GATEWAY),
    "no range": (_engine(None, None), HELD, None),
    "the bridge is in a user's namespace": (_replace(_engine(None, PART), rootless=True), HELD, None),
}


@each_row(("told", "namespace", "expected"), GATEWAYS_CASES.values(), ids=GATEWAYS_CASES)
def test_gateway(told: Engine, namespace: Namespace, expected: int | None) -> None:
    found = with_gateways((told,), (namespace,))
    assert found[0].networks[0].subnets[0].gateway == expected
