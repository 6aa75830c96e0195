"""Documents about the rootless containers of users for whom no engine runs."""

import json
from collections.abc import Mapping

import msgspec
import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import PortBinding
from hairpin.host.idle import IdleContainer
from hairpin.host.read.engines.idle import idle_containers, lingering
from tests.rows import each_row

ANN = {"User": "ann", "Uid": 1001, "Engine": "podman", "Lingers": False, "Session": "none"}
POD = "182f775fa482b0a88e41f2893071e2f2ca2fa3c49b21e4e411ce6683b2d634c5"


def read(*documents: Mapping[str, object], **facts: object) -> tuple[IdleContainer, ...]:
    text = "".join(f"{json.dumps(ANN | facts | dict(each))}\n" for each in documents)
    return idle_containers(text_reading(text, "containers.json"))


def bound(protocol: str, inside: int, outside: int, address: int | None = None, version: int = 4) -> PortBinding:
    values = {"container_port": inside, "host_port": outside, "host_ip": address, "version": version, "actual": False}
    return msgspec.convert({"protocol": protocol} | values, PortBinding)


def mapped(**changed: object) -> dict[str, object]:
    return {"host_ip": "", "container_port": 80, "host_port": 8090, "range": 1, "protocol": "tcp"} | changed


PORTS: dict[str, tuple[dict[str, object], tuple[PortBinding, ...] | None]] = {
    "not known": ({}, None),
    "none": ({"Ports": []}, ()),
    "one": ({"Ports": [mapped()]}, (bound("tcp", 80, 8090),)),
    "a range of an address": (
        {"Ports": [mapped(host_ip="127.0.0.1", range=2, protocol="udp")]},
        (bound("udp", 80, 8090, 0x7F000001), bound("udp", 81, 8091, 0x7F000001)),
    ),
    "an IPv6 address": ({"Ports": [mapped(host_ip="::1")]}, (bound("tcp", 80, 8090, 1, 6),)),
    "every address by number": ({"Ports": [mapped(host_ip="0.0.0.0")]}, (bound("tcp", 80, 8090),)),
    "both protocols": ({"Ports": [mapped(protocol="tcp,udp")]}, (bound("tcp", 80, 8090), bound("udp", 80, 8090))),
    "in the words of Podman 3": (
        {"Ports": [{"hostPort": 8090, "containerPort": 80, "protocol": "tcp", "hostIP": ""}]},
        (bound("tcp", 80, 8090),),
    ),
    "of a unit": ({"Unit": "shop.service", "Publish": ["8090:80"]}, (bound("tcp", 80, 8090),)),
    "of a unit, on an address": (
        {"Publish": ["127.0.0.1:8090:80/udp", "[::1]:8090:80"]},
        (bound("udp", 80, 8090, 0x7F000001), bound("tcp", 80, 8090, 1, 6)),
    ),
    "of a unit, a range": ({"Publish": ["8090-8091:80-81"]}, (bound("tcp", 80, 8090), bound("tcp", 81, 8091))),
    "of a unit, chosen at the start": ({"Publish": ["80", "127.0.0.1::80"]}, ()),
}


@each_row(("document", "ports"), PORTS.values(), ids=PORTS)
def test_ports(document: dict[str, object], ports: tuple[PortBinding, ...] | None) -> None:
    (found,) = read({"Id": "a1", "Name": "shop"} | document)
    assert (found.name, found.ports) == ("shop", ports)


def test_the_facts_about_the_user() -> None:
    (found,) = read({"Id": "a1", "Name": "shop"}, Lingers=True, Session="idle")
    assert (found.user, found.uid, found.engine, found.lingers, found.session) == ("ann", 1001, "podman", True, "idle")


def test_the_infra_container_stands_for_its_pod() -> None:
    found = read(
        {"Name": "182f775fa482-infra", "Pod": POD, "Ports": [mapped()]},
        {"Name": "shop", "Pod": POD, "Ports": []},
        {"Name": "db", "Pod": POD, "Ports": []},
        {"Name": "alone", "Ports": []},
    )
    assert [(each.name, each.start) for each in found] == [
        ("shop, db", "podman pod start 182f775fa482"), ("alone", "podman start alone"),
    ]  # fmt: skip


def test_dockerds_own_files() -> None:
    shop = {
        "Id": "a1", "Name": "/shop", "State": {"Running": True},
        "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8090"}]}},
    }  # fmt: skip
    again = {"Id": "a2", "Name": "/wiki", "HostConfig": {"RestartPolicy": {"Name": "always"}, "NetworkMode": "host"}}
    found = read(shop, again, Engine="docker")
    assert [(each.name, each.start) for each in found] == [
        ("shop", "systemctl --user start docker && docker start shop"), ("wiki", "systemctl --user start docker"),
    ]  # fmt: skip
    assert {each.host_port for each in found[0].ports or ()} == {8090}
    assert [each.on_host for each in found] == [False, True]


@pytest.mark.parametrize("document", ({"Name": 7}, {"Name": "x", "Ports": [mapped(host_ip="elsewhere")]}))
def test_other_documents_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(ParseError):
        read(document)


def test_users_whose_engine_was_asked() -> None:
    reading = text_reading('{"User":"ann","Lingers":false}\n{"User":"bob","Lingers":true}\n', "/var/lib/systemd/linger")
    assert lingering(reading) == (("ann", False), ("bob", True))
