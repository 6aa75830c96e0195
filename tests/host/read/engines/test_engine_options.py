"""Options of the engine: flags, file, info."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import Engine
from hairpin.host.read.engines.engine_options import (
    Info,
    Options,
    PodmanInfo,
    of_file,
    of_flags,
    of_info,
    of_podman_info,
    options,
    pools_of_file,
    version,
    with_options,
)
from tests.rows import each_row

FILE = '{"iptables": false, "icc": true, "ip": "127.0.0.1", "bridge": "none", "dns": ["192.0.2.53"], "mtu": 1400}'


def test_the_file() -> None:
    said = of_file(text_reading(FILE, "daemon.json"))
    assert dict(said) == {
        "iptables": "false",
        "icc": "true",
        "ip": "127.0.0.1",
        "bridge": "none",
        "dns": "192.0.2.53",
        "mtu": "1400",
    }
    assert options(said) == Options(
        iptables=False, icc=True, default_ip=0x7F000001, dns=("192.0.2.53",), bridge_name="none"
    )


def test_each_name_server_counts() -> None:
    said = of_file(text_reading('{"dns": ["192.0.2.53", "192.0.2.54"]}', "daemon.json"))
    assert options(said).dns == ("192.0.2.53", "192.0.2.54")
    assert options(of_flags("--dns=192.0.2.53\n--dns=192.0.2.54\n")).dns == ("192.0.2.53", "192.0.2.54")


def test_flags() -> None:
    said = of_flags(
        "--userland-proxy=false\n--live-restore\n--firewall-backend=nftables\n--host=unix:///run/docker.sock\n"
    )
    assert options(said) == Options(userland_proxy=False, live_restore=True, firewall_backend="nftables")


def test_an_option_that_is_not_set_is_not_false() -> None:
    assert options(()) == Options()
    assert options(of_file(text_reading("{}", "daemon.json"))) == Options()
    assert of_file(text_reading("", "daemon.json")) == ()


@each_row(
    ("value", "expected"), (("false", False), ("0", False), ("true", True), ("1", True), ("", True), ("maybe", None))
)
def test_switches_are_read_as_go_does(value: str, expected: bool | None) -> None:
    assert options((("iptables", value),)).iptables is expected


def test_an_address_that_is_none() -> None:
    assert options((("ip", "x"),)).default_ip is None


def test_info() -> None:
    text = (
        '{"ServerVersion":"28.5.2","SecurityOptions":["name=seccomp,profile=default","name=rootless"],'
        '"LiveRestoreEnabled":true,"FirewallBackend":{"Driver":"nftables"}}'
    )
    assert of_info(text_reading(text, "docker info")) == Info("28.5.2", "nftables", live_restore=True, rootless=True)
    pools = '[{"Base":"10.10.0.0/16","Size":24},{"Base":"fd00::/48","Size":64}]'
    assert of_info(text_reading(f'{{"DefaultAddressPools":{pools}}}', "t")).address_pools == ((0x0A0A0000, 16, 24),)
    assert of_info(text_reading('{"SecurityOptions":null}', "docker info")) == Info()


VERSIONS = {
    "docker version": ('{"Client":{"Version":"28.2.2"},"Server":{"Version":"20.10.24+dfsg1"}}', "20.10.24+dfsg1"),
    "GET /version": ('{"Version":"26.1.5","ApiVersion":"1.45"}', "26.1.5"),
    "podman": ('{"Client":{"Version":"4.3.1"}}', "4.3.1"),
    "no server": ('{"Client":{"Version":"28.2.2"},"Server":null}', "28.2.2"),
    "nothing": ("{}", ""),
}


@each_row(("text", "expected"), VERSIONS.values(), ids=VERSIONS)
def test_version(text: str, expected: str) -> None:
    assert version(text_reading(text, "docker version")) == expected


def test_options_in_effect_come_before_those_of_flags_and_file() -> None:
    engine = Engine("docker", "28.5.2")
    said = Options(firewall_backend="iptables", live_restore=False, icc=False)
    found = with_options(engine, said, Info(firewall_backend="nftables", live_restore=True))
    assert (found.firewall_backend, found.live_restore, found.icc) == ("nftables", True, False)
    kept = with_options(engine, said, Info())
    assert (kept.firewall_backend, kept.live_restore) == ("iptables", False)
    assert with_options(engine, Options(), Info(firewall_backend="iptables+firewalld")).firewall_backend == "iptables"


def test_of_podman_info() -> None:
    backend = '"networkBackend":"netavark","networkBackendInfo":{"version":"netavark 1.14.0"}'
    told = f'{{"host":{{"security":{{"rootless":true}},{backend}}}}}'
    assert of_podman_info(text_reading(told, "podman info")) == PodmanInfo(True, "netavark", "1.14.0")
    assert of_podman_info(text_reading('{"host":{"networkBackend":"cni"}}', "podman info")) == PodmanInfo(backend="cni")
    assert of_podman_info(text_reading('{"host":{}}', "podman info")) == PodmanInfo()
    lacking = '{"host":{"networkBackendInfo":{"dns":{"package":"Unknown"}}}}'
    assert of_podman_info(text_reading(lacking, "podman info")).has_resolver is False
    having = '{"host":{"networkBackendInfo":{"dns":{"path":"/usr/lib/podman/aardvark-dns"}}}}'
    assert of_podman_info(text_reading(having, "podman info")).has_resolver is True
    assert of_podman_info(text_reading("{}", "podman info")) == PodmanInfo()


@pytest.mark.parametrize("text", ("[]", "{", '{"ServerVersion": 5}'))
def test_damage_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError, match="docker info"):
        of_info(text_reading(text, "docker info"))


def test_pools_of_the_file() -> None:
    text = '{"default-address-pools": [{"base": "10.200.0.0/16", "size": 24}, {"base": "fd00::/48", "size": 64}]}'
    assert pools_of_file(text_reading(text, "daemon.json")) == ((0x0AC80000, 16, 24),)
    assert pools_of_file(text_reading("", "daemon.json")) == ()
    assert pools_of_file(text_reading("{}", "daemon.json")) == ()
