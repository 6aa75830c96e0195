"""Versions of programs, packages and the distribution."""

import pytest

from hairpin.host.managers import Version
from hairpin.host.read.managers.versions_text import of_os_release, of_packages, of_program

PROGRAMS: dict[str, tuple[str, str, Version | None]] = {
    "iptables": ("iptables v1.8.9 (nf_tables)\n", "iptables -V", Version("iptables", "iptables v1.8.9 (nf_tables)")),
    "the first line": ("systemd 252 (252)\n+PAM\n", "systemctl --version", Version("systemd", "systemd 252 (252)")),
    "by its path": ("ip utility, iproute2-6.1.0\n", "/usr/sbin/ip -V", Version("ip", "ip utility, iproute2-6.1.0")),
    "kernel": ("Linux vm 6.18.44\n", "uname -a", Version("kernel", "Linux 6.18.44")),
    "silent": ("\n", "nft -v", None),
}


@pytest.mark.parametrize(("text", "origin", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_of_program(text: str, origin: str, expected: Version | None) -> None:
    assert of_program(text, origin=origin) == expected


PACKAGES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "dpkg": ("ii  iptables 1.8.9-2\nun  docker-ce \nrc  ufw 0.36.2-1\nhi  docker.io 20.10.24+dfsg1-1\n",
             (("iptables", "1.8.9-2"), ("docker.io", "20.10.24+dfsg1-1"))),
    "rpm": ("iptables 1.4.21-35.el7\npackage ufw is not installed\ndocker-ce 26.1.4-1.el7\n",
            (("iptables", "1.4.21-35.el7"), ("docker-ce", "26.1.4-1.el7"))),
    "apk": ("iptables-1.8.10-r3\nip6tables-1.8.10-r3\nnetavark-1.10.3-r0\n",
            (("iptables", "1.8.10-r3"), ("ip6tables", "1.8.10-r3"), ("netavark", "1.10.3-r0"))),
    "pacman": ("iptables-nft 1:1.8.11-2\nnftables 1:1.1.1-3\n",
               (("iptables-nft", "1:1.8.11-2"), ("nftables", "1:1.1.1-3"))),
    "nothing": ("", ()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PACKAGES.values(), ids=PACKAGES)
def test_of_packages(text: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert of_packages(text) == tuple(Version(f"package:{name}", version) for name, version in expected)


def test_of_os_release() -> None:
    assert of_os_release('ID=alpine\nPRETTY_NAME="Alpine Linux v3.20"\n') == Version("os", "Alpine Linux v3.20")
    assert of_os_release("NAME=Void\n") == Version("os", "Void")
    assert of_os_release("ID=x\n") is None
