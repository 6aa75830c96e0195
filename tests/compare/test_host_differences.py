"""Differences of a host beside its namespaces."""

import msgspec

from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, Firewalld, FirewalldZone, Unit, Version
from tests import small_host as small
from tests.compare.small_pairs import host, texts


def _with(**fields: object) -> Host:
    return msgspec.structs.replace(host(), **fields)


def test_lines_of_a_file() -> None:
    was, now = (_with(files=(ConfigFile("/etc/x.conf", text),)) for text in ("a = 1\nb = 2\n", "a = 1\nb = 3\nc = 4\n"))
    assert texts(now, was) == [("files", "/etc/x.conf", "b = 2", "b = 3\nc = 4")]


def test_units_versions_and_kernel() -> None:
    was = _with(kernel="6.1", units=(Unit("docker.service", "active", "enabled"),), versions=(Version("nft", "1.0.6"),))
    now = _with(kernel="6.2", units=(Unit("docker.service", "failed", "enabled"),), versions=(Version("nft", "1.1.1"),))
    assert texts(now, was) == [
        ("host", "kernel", "6.1", "6.2"),
        ("units", "docker.service", "enabled active", "enabled failed"),
        ("versions", "nft", "1.0.6", "1.1.1"),
    ]


def test_a_zone_of_firewalld() -> None:
    def having(*ports: str) -> Host:
        zones = (FirewalldZone("public", ports=ports),)
        return _with(firewalld=Firewalld(running=True, runtime=zones, permanent=zones))

    found = texts(having("80/tcp", "443/tcp"), having("443/tcp", "80/tcp"))
    assert found == []
    assert [each[1:] for each in texts(having("80/tcp"), having())] == [
        ("firewalld, zone public now, ports", None, "80/tcp"),
        ("firewalld, zone public in its files, ports", None, "80/tcp"),
    ]


def test_an_option_of_the_engine() -> None:
    now = small.network(docker=small.engine(small.container(), userland_proxy=False)).this
    assert texts(now) == [("engines", "docker, option userland-proxy", None, "false")]


def test_a_boot() -> None:
    assert texts(_with(boot_id="2"), _with(boot_id="1")) == [("host", "boot", "an earlier boot", "booted again")]


def test_readings_that_one_lacks_are_not_compared() -> None:
    assert texts(_with(versions=()), _with(versions=(Version("nft", "1.0.6"),))) == []
