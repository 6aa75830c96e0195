"""The programs and kernel features that a lab needs, checked before anything is started."""

import os
import shutil
import struct
from pathlib import Path

from hairpin.errors import LabError
from hairpin.message import message

# Each command, and the Debian package that contains it.
NEEDED = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "iptables-legacy": "iptables",
    "nft": "nftables",
    "busybox": "busybox-static",
    "ip": "iproute2",
    "sysctl": "procps",
    "tar": "tar",
    "timeout": "coreutils",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
}
FIREWALL_NEEDS = {
    "firewalld": {"firewalld": "firewalld", "firewall-cmd": "firewalld", "dbus-daemon": "dbus", "dbus-send": "dbus"},
    "ufw": {"ufw": "ufw"},
}
PODMAN_NEEDS = {
    "podman": "podman",
    "conmon": "conmon",
    "runc": "runc",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "/usr/lib/cni/portmap": "containernetworking-plugins",
    "slirp4netns": "slirp4netns",
    "newuidmap": "uidmap",
    "catatonit": "catatonit",
}
LOGIN_NEEDS = {"sshd": "openssh-server", "ssh": "openssh-client", "ssh-keygen": "openssh-client", "usermod": "passwd"}
# The PATH of an ordinary login may lack the sbin folders, in which these commands are.
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def require(firewall: str = "", *, logins: bool = False, podman: bool = False) -> None:
    """Raise one LabError that names all missing things: privilege, kernel support, packages to install.

    ``logins``: whether the hosts run sshd.  ``podman``: whether a host runs Podman.
    """
    if os.geteuid() != 0:
        raise LabError(message("the lab makes namespaces and mounts on this machine and needs root: run it with sudo"))
    wanted = (
        NEEDED | FIREWALL_NEEDS.get(firewall, {}) | (LOGIN_NEEDS if logins else {}) | (PODMAN_NEEDS if podman else {})
    )
    missing = [command for command in wanted if shutil.which(command, path=SEARCH_PATH) is None]
    if missing:
        packages = sorted({wanted[command] for command in missing})
        raise LabError(
            message(
                "the lab needs {missing}, not found on this machine: install them with `apt-get install {packages}`",
                missing=", ".join(missing),
                packages=" ".join(packages),
            )
        )
    if not Path("/sys/fs/cgroup").is_mount() and not any(Path("/sys/fs/cgroup").iterdir()):
        raise LabError(
            message("no control groups are mounted on /sys/fs/cgroup, and dockerd starts no containers without them")
        )
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        raise LabError(
            message(
                "the kernel has no overlay file system, which the lab needs to give a host its own files: `modprobe "
                "overlay`"
            )
        )


def static_busybox() -> Path:
    """Return the path of a statically linked busybox; raise LabError if the machine has none.  A statically linked
    busybox needs no other file."""
    found = shutil.which("busybox", path=SEARCH_PATH)
    if found is None or is_dynamic(Path(found).read_bytes()):
        raise LabError(message("the lab's image needs a statically linked busybox: `apt-get install busybox-static`"))
    return Path(found)


def is_dynamic(program: bytes) -> bool:
    """Return whether an ELF program names an interpreter (PT_INTERP, elf(5)).  Return True for all files that are not
    64-bit ELF."""
    if program[:5] != b"\x7fELF\x02":
        return True
    table_offset, size, count = struct.unpack_from("<Q", program, 32)[0], *struct.unpack_from("<HH", program, 54)
    kinds = (struct.unpack_from("<I", program, table_offset + index * size)[0] for index in range(count))
    return 3 in kinds
