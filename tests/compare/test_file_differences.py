"""Differences of files, and what is said about those that were read in part."""

import pytest
from msgspec.structs import replace

from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from tests.compare.small_pairs import host, texts

DAEMON = "/etc/docker/daemon.json"
OF_KEYS = f"{DAEMON} (of its keys, only those on hairpin's list are read)"
OF_LINES = "/etc/netplan/a.yaml (its lines that may hold a secret are not read)"
EMPTY = "a file in which nothing was read"

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


def _with(path: str, text: str | None) -> Host:
    return replace(host(), files=(ConfigFile(path, text),) if text is not None else ())


@pytest.mark.parametrize(("path", "before", "after", "told"), CASES.values(), ids=CASES)
def test_a_file(
    path: str, before: str | None, after: str | None, told: tuple[str, str | None, str | None] | None
) -> None:
    assert texts(_with(path, after), _with(path, before)) == ([("files", *told)] if told is not None else [])
