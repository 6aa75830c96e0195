"""Bundles of no known tool: files are known by their names and by their content."""

from pathlib import Path

import pytest

from hairpin.evidence.reading import HOST
from hairpin.pasted.bundle.layouts.any_files import SMALL, command_of_name
from hairpin.pasted.bundle.read import evidence_in_bundle
from tests.pasted.bundle.archives import folder_of, zip_of
from tests.pasted.bundle.layouts.test_supportconfig import LINKS
from tests.rows import each_row

WSL = f"""+ lsb_release -a
No LSB modules are available.
+ uname -a
Linux pc 5.15.153.1-microsoft-standard-WSL2 #1 SMP x86_64 GNU/Linux
+ echo 'Printing adapter & routing configuration'
Printing adapter & routing configuration
+ ip a
{LINKS}+ ip route show table all
default via 198.51.100.1 dev eth0 proto kernel
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
fe80::/64 dev eth0 proto kernel metric 256 pref medium
+ '[' -z 1 ']'
"""


@pytest.mark.parametrize("encoding", ("utf-8", "utf-16"))
def test_wsl(encoding: str, tmp_path: Path) -> None:
    files = {
        "WslNetworkingLogs/linux_network_configuration_before.log": WSL.replace("mtu 1500", "mtu 900").encode(encoding),
        "WslNetworkingLogs/linux_network_configuration_after_repro.log": WSL.encode(encoding),
        "WslNetworkingLogs/wsl.etl": b"\0" * 100,
    }
    (tmp_path / "logs.zip").write_bytes(zip_of(files))
    found = evidence_in_bundle(str(tmp_path / "logs.zip"))
    assert found.kernel == "5.15.153.1-microsoft-standard-WSL2"
    links, routes = found.find("ip-addr-text", HOST), found.find("ip-route4-text", HOST)
    assert links is not None
    assert "mtu 1500" in links.text  # the later one of two records
    assert routes is not None
    assert "fe80" not in routes.text


NAMES = {
    "iptables-save.txt": "iptables-save",
    "case/ip_route.log": "ip route",
    "ip-addr.txt": "ip addr",
    "docker_ps_-a": "docker ps -a",
    "notes.txt": "",
    "ip.txt": "",
    "web.log": "",
}


@each_row(("path", "command"), NAMES.items(), ids=NAMES)
def test_names_that_tell_the_command(path: str, command: str) -> None:
    assert command_of_name(path) == command


def test_files_without_such_names_are_read_as_pasted_texts(tmp_path: Path) -> None:
    files = {"a/notes.txt": b"$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n", "a/large.txt": b"x\n" * SMALL}
    found = evidence_in_bundle(str(folder_of(tmp_path, files))).find("sysctl", HOST)
    assert found is not None
    assert found.text == "/proc/sys/net/ipv4/ip_forward:0\n"


def test_nothing_in_a_bundle_that_tells_nothing(tmp_path: Path) -> None:
    found = evidence_in_bundle(
        str(folder_of(tmp_path, {"readme.md": b"# Hello\n", "run.sh": b"#!/bin/sh\nrm -rf /\n"}))
    )
    assert [each.key for each in found.readings if each.text] == []
