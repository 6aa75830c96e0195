"""Kernel, distribution, versions and packages."""

import pytest

from hairpin.evidence import file
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, host_in, keys_in, output_of
from tests.rows import each_row

KNOWN = parse(file.read(RECORDED / "docker.hairpin"))


@pytest.mark.parametrize("command", ("uname -a", "uname -r"))
def test_the_law_of_the_kernel(command: str) -> None:
    assert host_in(output_of("docker.txt", command)).kernel == KNOWN.kernel


@each_row(
    "command",
    ("cat /etc/os-release", "iptables -V", "nft --version", "ip -V", "dpkg -l docker.io iptables ufw", "uname -a"),
)
def test_the_law_of_versions(command: str) -> None:
    found = {(each.program, each.text) for each in host_in(output_of("docker.txt", command)).versions}
    assert found
    assert found <= {(each.program, each.text) for each in KNOWN.versions}


def test_packages_of_rpm_and_apt() -> None:
    found = {each.program: each.text for each in host_in("iptables-1.8.4-22.el8.x86_64\nvim-8.0-1.el8.x86_64").versions}
    assert found == {"package:iptables": "1.8.4-22.el8"}
    text = "docker-ce/focal,now 5:20.10.7~3-0~ubuntu-focal amd64 [installed]"
    assert ("package:docker-ce", "5:20.10.7~3-0~ubuntu-focal") in {
        (each.program, each.text) for each in host_in(text).versions
    }


def test_a_container_s_distribution_is_none_of_the_host_s() -> None:
    assert keys_in('$ docker exec web cat /etc/os-release\nNAME="Alpine Linux"\nID=alpine\n') == ()
    assert keys_in("$ docker exec web dpkg -l\nii  iptables  1.8.9-2  amd64  administration tools\n") == ()


def test_names_of_distributions() -> None:
    lsb = (
        "No LSB modules are available.\nDistributor ID:\tUbuntu\nDescription:\tUbuntu 20.04.3 "
        "LTS\nRelease:\t20.04\nCodename:\tfocal"
    )
    assert [each.text for each in host_in(lsb).versions] == ["Ubuntu 20.04.3 LTS"]
    control = (
        "   Static hostname: srv\n  Operating System: CentOS Linux 7 (Core)\n            Kernel: Linux "
        "3.10.0-1160.el7.x86_64\n"
    )
    assert host_in(control).kernel == "3.10.0-1160.el7.x86_64"


@each_row("text", ("NAME=value", "Linux is an operating system", "5.4.0", "Description: a dog", "ii there"))
def test_prose_tells_nothing(text: str) -> None:
    assert keys_in(text) == ()
