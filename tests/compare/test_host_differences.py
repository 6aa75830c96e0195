"""Differences of a host beside its namespaces."""

import msgspec
from msgspec.structs import replace

from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, Firewalld, FirewalldZone, Unit, Version
from tests import small_host as small
from tests.compare.small_pairs import host, texts
from tests.rows import each_row


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


DAEMON = "/etc/docker/daemon.json"
OF_KEYS = f"{DAEMON} (of its keys, only those on hairpin's list are read)"
OF_LINES = "/etc/netplan/a.yaml (its lines that may hold a secret are not read)"
EMPTY = "a file from which hairpin read no line"

# path, text before (None: no file), text after, what is told: place, before, after
CASES: dict[str, tuple[str, str | None, str | None, tuple[str, str | None, str | None] | None]] = {
    "a key's value": (DAEMON, '{"mtu":1500,"iptables":true}\n', '{"mtu":1400,"iptables":true}\n',
                      (OF_KEYS, '"mtu": 1500', '"mtu": 1400')),
    "a new key": (DAEMON, '{"mtu":1500}\n', '{"mtu":1500,"icc":false}\n', (OF_KEYS, "", '"icc": false')),
    "within an object": (DAEMON, '{"log-opts":{"max-size":"1m","tag":"x"}}', '{"log-opts":{"max-size":"2m","tag":"x"}}',
                         (OF_KEYS, '"log-opts.max-size": "1m"', '"log-opts.max-size": "2m"')),
    "another order": (DAEMON, '{"mtu":1500,"icc":false}\n', '{"icc":false,"mtu":1500}\n', None),
    "a new document": (DAEMON, None, '{"mtu":1400}\n', (OF_KEYS, None, '"mtu": 1400')),
    "a document without a key that is read": (DAEMON, "{}\n", None, (OF_KEYS, EMPTY, None)),
    "no document": (DAEMON, "{mtu}\n", "{}\n", (OF_KEYS, "{mtu}", "")),
    "a hidden line": ("/etc/netplan/a.yaml", "dhcp4: true\n# not collected\n", "dhcp4: false\n# not collected\n",
                      (OF_LINES, "dhcp4: true", "dhcp4: false")),
    "a whole file": ("/etc/sysctl.conf", "a = 1\n", "a = 2\n", ("/etc/sysctl.conf", "a = 1", "a = 2")),
    "a comment in another file": ("/etc/sysctl.conf", "a = 1\n", "a = 1\n", None),
}  # fmt: skip


def _with_file_differences(path: str, text: str | None) -> Host:
    return replace(host(), files=(ConfigFile(path, text),) if text is not None else ())


@each_row(("path", "before", "after", "told"), CASES.values(), ids=CASES)
def test_a_file(
    path: str, before: str | None, after: str | None, told: tuple[str, str | None, str | None] | None
) -> None:
    assert texts(_with_file_differences(path, after), _with_file_differences(path, before)) == (
        [("files", *told)] if told is not None else []
    )
