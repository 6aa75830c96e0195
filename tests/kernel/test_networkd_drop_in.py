"""The real systemd-networkd makes the entries of a drop-in beside a file of netplan's, in its own namespace (root)."""

import subprocess
from pathlib import Path

from hairpin.change.change import AddEntry
from hairpin.host.link import Address
from hairpin.host.managers import Unit
from hairpin.host.route import NextHop, Route
from hairpin.remedy.boot.network_configuration import by_networkd
from tests.remedy.situations import HOST_NETNS, network, situation
from tests.waiting import HANG_S

BASE = "/run/systemd/network/10-netplan-eth0.network"
OWN = "[Match]\nName=eth0\n[Network]\nAddress=198.51.100.11/24\nLinkLocalAddressing=no\n"
PARTS = (
    AddEntry(HOST_NETNS, Address("eth0", 4, 0xC000020A, 24)),
    AddEntry(HOST_NETNS, Route(4, 0x0A000000, 8, next_hops=(NextHop("eth0", 0xC6336401, 4),), metric=7)),
)
START = """
set -eu
mount --make-rprivate /; mount -t sysfs -o ro sysfs /sys; mount -t tmpfs tmpfs /run
mkdir -p /etc/systemd/network; mount -t tmpfs tmpfs /etc/systemd/network
mkdir -p /run/systemd/network "${2%/*}"
cp "$1/own" "$3"; cp "$1/drop-in" "$2"
ip link add eth0 type veth peer name far; ip link set far up
/lib/systemd/systemd-networkd >"$1/log" 2>&1 & pid=$!
for _ in $(seq 2500); do ip route | grep -q ^10 && break; sleep 0.1; done
ip -o -4 address show eth0; ip route; kill $pid
"""


def test_networkd_makes_what_the_drop_in_says(tmp_path: Path) -> None:
    found = network((BASE, OWN), units=(Unit("systemd-networkd.service", "active", "enabled"),))
    kept = by_networkd(PARTS, situation(found))
    assert kept is not None
    (file,) = kept.files
    (tmp_path / "own").write_text(OWN, "utf-8")
    (tmp_path / "drop-in").write_text(file.text or "", "utf-8")
    tmp_path.chmod(0o755)
    done = subprocess.run(
        ("unshare", "--net", "--mount", "sh", "-c", START, "sh", tmp_path, file.path, BASE),
        capture_output=True, text=True, check=False, timeout=HANG_S,
    )  # fmt: skip
    assert "inet 198.51.100.11/24" in done.stdout, done.stderr + (tmp_path / "log").read_text("utf-8")
    assert "inet 192.0.2.10/24" in done.stdout
    assert "10.0.0.0/8 via 198.51.100.1 dev eth0 proto static metric 7" in done.stdout
