"""Kernel, distribution, versions, packages, files and logs."""

import pytest

from hairpin.evidence import file
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, host_in, keys_in, output_of, recognised_in

KNOWN = parse(file.read(RECORDED / "docker.hairpin"))


@pytest.mark.parametrize("command", ("uname -a", "uname -r"))
def test_the_law_of_the_kernel(command: str) -> None:
    assert host_in(output_of("docker.txt", command)).kernel == KNOWN.kernel


@pytest.mark.parametrize(
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


def test_a_file_has_its_path_and_is_no_state() -> None:
    host = host_in(
        "$ cat /etc/sysctl.conf\n# mine\nnet.ipv4.ip_forward=1\n$ cat "
        "/etc/iptables/rules.v4\n*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
    )
    assert [each.path for each in host.files] == ["/etc/sysctl.conf", "/etc/iptables/rules.v4"]
    assert all(not each.sysctls.values and not each.ruleset.tables for each in host.namespaces)


def test_files_with_keys_of_their_own() -> None:
    text = '$ cat /etc/ufw/ufw.conf\nENABLED=yes\n$ cat /etc/default/ufw\nDEFAULT_FORWARD_POLICY="DROP"\n'
    assert keys_in(text) == ("ufw-conf", "ufw-default")
    ufw = host_in(text).ufw
    assert ufw is not None
    assert (ufw.enabled, ufw.default_forward_policy) == (True, "DROP")


def test_a_file_of_a_container_or_in_part_is_none_of_the_host_s() -> None:
    assert keys_in("$ docker exec web cat /etc/resolv.conf\nnameserver 127.0.0.11") == ()
    assert keys_in("$ cat /etc/sysctl.conf | grep forward\nnet.ipv4.ip_forward=1") == ()


def test_a_container_s_log_is_told_and_becomes_no_reading() -> None:
    text = "$ docker logs -f web\nnet.ipv4.ip_forward = 0\n* Running on http://0.0.0.0:5000\n$ docker ps"
    assert recognised_in(text)[0] == "docker logs"
    assert keys_in(text) == ()


def test_the_kernel_s_lines_about_the_network() -> None:
    text = "[ 4893.1] IPv4: martian source 10.0.0.5 from 10.8.0.5, on dev eth0\n[ 4893.2] usb 1-1: new device\n"
    assert host_in(text).klog == ("[ 4893.1] IPv4: martian source 10.0.0.5 from 10.8.0.5, on dev eth0",)


@pytest.mark.parametrize(
    "text", ("NAME=value", "Linux is an operating system", "5.4.0", "Description: a dog", "ii there")
)
def test_prose_tells_nothing(text: str) -> None:
    assert keys_in(text) == ()
