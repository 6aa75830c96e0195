"""Virtual machines of desktop engines by their signs, and the rights that a container lacks."""

import json

import msgspec

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.evidence.redact import redact
from hairpin.host.managers import Guest
from hairpin.host.read.managers.desktop import guest_of, rights_lacking
from hairpin.host.read.parse import parse
from tests.rows import each_row

DEBIAN, WSL2 = "6.1.0-18-amd64", "6.6.87.2-microsoft-standard-WSL2"
_ETH0, _MIRRORED = frozenset({"lo", "eth0"}), frozenset({"lo", "eth0", "loopback0"})
# kernel, hostname, names of the operating system, desktop-signs, links
GUESTS: dict[str, tuple[str, str, tuple[str, ...], str, frozenset[str], Guest | None]] = {
    "a Debian": (DEBIAN, "web1", ("Debian GNU/Linux 12 (bookworm)",), "", _ETH0, None),
    "a host that is called like one": (DEBIAN, "my-docker-desktop-2", ("Ubuntu 24.04",), "", _ETH0, None),
    "loopback0 without WSL": (DEBIAN, "web1", ("Ubuntu 24.04",), "", _MIRRORED, None),
    "Docker Desktop": ("6.10.14-linuxkit", "docker-desktop", ("Docker Desktop",), "", _ETH0, Guest("Docker Desktop")),
    "a LinuxKit kernel alone": ("5.15.49-linuxkit", "vm", ("Alpine Linux v3.18",), "", _ETH0, Guest("Docker Desktop")),
    "Docker Desktop on WSL": (WSL2, "docker-desktop", ("Docker Desktop",), "wsl-networking\tnat\n", _ETH0,
        Guest("Docker Desktop", "nat")),
    "Rancher Desktop": (DEBIAN, "lima-rancher-desktop", ("Alpine Linux v3.20",), "lima\t\n", _ETH0,
        Guest("Rancher Desktop")),
    "Rancher Desktop on WSL": (WSL2, "pc", ("Rancher Desktop WSL Distribution",), "", _ETH0, Guest("Rancher Desktop")),
    "podman machine": ("6.5.6-300.fc39", "localhost", ("Fedora CoreOS 39",), "podman-machine\tqemu\n", _ETH0,
        Guest("podman machine")),
    "Colima": ("6.8.0-39-generic", "colima", ("Ubuntu 24.04 LTS",), "lima\t\n", _ETH0, Guest("Colima")),
    "Lima": ("6.8.0-39-generic", "lima-default", ("Ubuntu 24.04 LTS",), "lima\t\n", _ETH0, Guest("Lima")),
    "OrbStack": ("6.19.13-orbstack-gbd1dc07b8cf4", "orbstack", ("OrbStack",), "", _ETH0, Guest("OrbStack")),
    "WSL": (WSL2, "pc", ("Ubuntu 24.04",), "wsl-networking\tnat\n", _ETH0, Guest("WSL", "nat")),
    "WSL, mirrored": (WSL2, "pc", ("Ubuntu 24.04",), "wsl-networking\tmirrored\n", _MIRRORED, Guest("WSL", "mirrored")),
    "WSL, mirrored, without wslinfo": (WSL2, "pc", ("Ubuntu 24.04",), "", _MIRRORED, Guest("WSL", "mirrored")),
    "WSL of old": (WSL2, "pc", ("Ubuntu 20.04",), "", _ETH0, Guest("WSL")),
}  # fmt: skip


@each_row(("kernel", "name", "systems", "signs", "links", "guest"), GUESTS.values(), ids=GUESTS)
def test_the_guest(
    kernel: str, name: str, systems: tuple[str, ...], signs: str, links: frozenset[str], guest: Guest | None
) -> None:
    assert guest_of(kernel, name, systems, signs, links) == guest


def test_a_redacted_snapshot_tells_the_same_guest() -> None:
    info = json.dumps({"OperatingSystem": "Docker Desktop"})
    readings = (
        Reading("e1", "docker-info", "", "docker info", "t", 0, "text", info),
        Reading("e2", "desktop-signs", "", "wslinfo", "t", 0, "text", "wsl-networking\tmirrored\n"),
    )  # fmt: skip
    evidence = Evidence(SCHEMA, "0", "2026-01-01T00:00:00Z", "docker-desktop", WSL2, readings)
    assert parse(evidence).guest == parse(redact(evidence)).guest == Guest("Docker Desktop", "mirrored")


ALL, DOCKERS, NONE = "CapEff:\t000001ffffffffff\n", "CapEff:\t00000000a80425fb\n", "CapEff:\t0000000000000000\n"
RIGHTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "rules, all rights": ("nft-tables", ALL, ()),
    "rules, Docker's usual rights": ("nft-tables", DOCKERS, ("NET_ADMIN",)),
    "legacy rules, Docker's usual rights": ("iptables-legacy-save4", DOCKERS, ("NET_ADMIN",)),
    "legacy rules, no rights": ("iptables-legacy-save4", NONE, ("NET_ADMIN", "NET_RAW")),
    "the kernel's log": ("klog", DOCKERS, ("SYSLOG",)),
}


@each_row(("key", "status", "lacking"), RIGHTS.values(), ids=RIGHTS)
def test_the_rights_that_a_container_lacks(key: str, status: str, lacking: tuple[str, ...]) -> None:
    assert rights_lacking(key, status) == lacking


def test_a_refused_reading_names_the_right_only_in_a_container() -> None:
    refused = Reading("e1", "nft-tables", "host", "nft list chains", "t", 1, "refused", "Operation not permitted")
    rights = Reading("e2", "container-rights", "", "/proc/self/status", "t", 0, "text", DOCKERS)
    evidence = Evidence(SCHEMA, "0", "2026-01-01T00:00:00Z", "web1", DEBIAN, (refused,))
    inside = msgspec.structs.replace(evidence, readings=(refused, rights))
    assert [each.lacking for each in parse(evidence).unread if each.key == "nft-tables"] == [()]
    assert [each.lacking for each in parse(inside).unread if each.key == "nft-tables"] == [("NET_ADMIN",)]
