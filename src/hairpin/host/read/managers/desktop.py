"""Signs of a desktop engine's virtual machine, and the rights of the container that hairpin runs in.

Source: Docker Desktop, OrbStack and Rancher Desktop name themselves in `docker info` (OperatingSystem) or in the
kernel's release; podman pkg/machine (the marker file ``/etc/podman-machine``, before Podman 6 in ``/etc/containers``);
Lima ``/run/lima-boot-done``; Colima's machines are Lima's and are called ``colima``; moby
libnetwork/drivers/bridge/wsl2_linux.go (``loopback0`` and ``wslinfo`` show that WSL is mirrored).
"""

import re

from hairpin.host.managers import Guest

DOCKER_DESKTOP, RANCHER, PODMAN, COLIMA, LIMA, ORBSTACK, WSL = (
    "Docker Desktop", "Rancher Desktop", "podman machine", "Colima", "Lima", "OrbStack", "WSL",
)  # fmt: skip
_NAMES = ((DOCKER_DESKTOP, r"^Docker Desktop"), (ORBSTACK, r"^OrbStack"), (RANCHER, r"^Rancher Desktop"))
_RELEASES = ((ORBSTACK, r"-orbstack-"), (DOCKER_DESKTOP, r"linuxkit$"))
_HOSTNAMES = (
    (DOCKER_DESKTOP, r"^docker-desktop$"), (RANCHER, r"^lima-rancher-desktop$"), (COLIMA, r"^colima(-|$)"),
)  # fmt: skip
_RIGHTS = {
    "iptables-legacy": ("NET_ADMIN", "NET_RAW"),
    "klog": ("SYSLOG",),
    "socket-owners": ("SYS_PTRACE",),
    "file": ("DAC_READ_SEARCH",),
    "trace-": ("DAC_READ_SEARCH",),
}
"""For each beginning of a reading's key: the capabilities that the reading needs.  Every other reading is about the
network."""
_NETWORK = ("NET_ADMIN",)
_NUMBERS = {"DAC_READ_SEARCH": 2, "NET_ADMIN": 12, "NET_RAW": 13, "SYS_PTRACE": 19, "SYSLOG": 34}
"""The numbers of the capabilities in capabilities(7)."""


def guest_of(kernel: str, hostname: str, systems: tuple[str, ...], signs: str, links: frozenset[str]) -> Guest | None:
    """Return the desktop engine's virtual machine that this host is; None if nothing shows that it is one.

    ``systems``: the names of the operating system, from ``docker info`` and os-release(5).  ``signs``: the reading
    ``desktop-signs``.  ``links``: the names of the host's links."""
    told = {sign: value for sign, _, value in (line.partition("\t") for line in signs.splitlines())}
    is_wsl = "microsoft" in kernel.lower()
    mode = told.get("wsl-networking") or ("mirrored" if is_wsl and "loopback0" in links else None)
    found = (
        *(program for each in systems for program, words in _NAMES if re.search(words, each)),
        *(program for program, words in _RELEASES if re.search(words, kernel)),
        *(program for program, words in _HOSTNAMES if re.search(words, hostname)),
        *((PODMAN,) if "podman-machine" in told else ()),
        *((LIMA,) if "lima" in told else ()),
        *((WSL,) if is_wsl else ()),
    )
    return Guest(found[0], mode) if found else None


def rights_lacking(key: str, status: str) -> tuple[str, ...]:
    """Return the capabilities that a refused reading needs, and that hairpin's container lacks.

    ``key``: the reading's.  ``status``: the reading ``container-rights``: the line ``CapEff`` of /proc/PID/status."""
    held = int(status.partition(":")[2].strip() or "0", 16)
    needed = next((rights for start, rights in _RIGHTS.items() if key.startswith(start)), _NETWORK)
    return tuple(each for each in needed if not held >> _NUMBERS[each] & 1)
