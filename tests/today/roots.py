"""The files that the hosts of a suite start from: Debian with systemd, the engines and the managers of rules, as a
folder.

Made once in the cache folder, from the Debian archive that this machine's apt is configured with.  Everything is
installed and nothing is enabled: what a host has, it enables, and what it has not, it removes (``PARTS``).
"""

import hashlib
import os
import re
import shlex
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from hairpin.lab.topology import HOST, HOST_V6
from tests.guests.packages import cache_folder, install, run
from tests.hunt.real.flows import RESOLVER
from tests.packages.root import suite_folder

SUITES = ("bookworm", "trixie", "sid")
_PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "ifupdown", "dbus-user-session", "libpam-systemd", "iproute2", "nftables",
    "iptables", "ebtables", "ipset", "conntrack", "procps", "kmod", "busybox-static", "util-linux", "curl", "python3",
    "sudo", "ca-certificates", "podman", "netavark", "aardvark-dns", "crun", "passt", "slirp4netns", "rootlesskit",
    "uidmap", "catatonit", "docker.io", "docker-cli", "firewalld", "ufw", "udev", "dnsmasq-base",
    "containernetworking-plugins", "libvirt-daemon", "libvirt-daemon-driver-network", "libvirt-daemon-config-network",
    "libvirt-clients", "lxc", "network-manager", "systemd-container", "incus-base", "incus-client",
)  # fmt: skip
_LACKS: Mapping[str, tuple[str, ...]] = {
    "bookworm": ("docker-cli", "libvirt-daemon-driver-network", "incus-base", "incus-client")
}
"""What a suite has as a part of another package, or has not yet."""
_MORE: Mapping[str, tuple[str, ...]] = {"bookworm": ("libvirt-daemon-system",)}
"""What has the units of another package."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "docker": ("usr/sbin/dockerd", "usr/bin/docker", "usr/bin/containerd", "usr/sbin/docker-proxy"),
    "podman": ("usr/bin/podman", "usr/lib/podman"),
    "firewalld": ("usr/sbin/firewalld", "usr/bin/firewall-cmd", "etc/firewalld"),
    "ufw": ("usr/sbin/ufw", "etc/ufw", "etc/default/ufw"),
    "cni": ("usr/lib/cni",),
    "libvirt": ("usr/sbin/libvirtd", "usr/bin/virsh", "etc/libvirt", "usr/lib/firewalld/*/libvirt*"),
    "lxc": ("usr/bin/lxc-*", "usr/libexec/lxc", "etc/lxc", "etc/default/lxc*"),
    "incus": ("usr/bin/incus*", "usr/libexec/incus", "usr/lib/incus", "var/lib/incus"),
    "networkmanager": ("usr/sbin/NetworkManager", "usr/bin/nmcli", "etc/NetworkManager"),
    "networkd": (
        "usr/lib/systemd/systemd-networkd",
        "usr/bin/networkctl",
        "usr/lib/systemd/network",
        "usr/bin/systemd-nspawn",
        "usr/bin/machinectl",
    ),
}
"""The programs and settings of each part, which a host without this part does not have."""
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "docker": ("docker.io", "docker-cli", "containerd", "runc"),
    "podman": ("podman", "netavark", "aardvark-dns"),
    "firewalld": ("firewalld",),
    "ufw": ("ufw",),
    "libvirt": ("libvirt-daemon", "libvirt-clients"),
    "lxc": ("lxc",),
    "incus": ("incus-base", "incus-client"),
    "networkmanager": ("network-manager",),
}
"""The packages of each part: on a host without this part, no list of installed packages has them."""
UNITS: Mapping[str, tuple[str, ...]] = {
    "docker": ("docker.service", "docker.socket", "containerd.service"),
    "podman": ("podman.service", "podman.socket", "podman-restart.service", "podman-auto-update.service",
               "podman-auto-update.timer", "podman-clean-transient.service", "netavark-dhcp-proxy.service",
               "netavark-dhcp-proxy.socket", "netavark-firewalld-reload.service"),
    "firewalld": ("firewalld.service",),
    "ufw": ("ufw.service",),
    "libvirt": ("libvirtd.service", "libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket",
                "libvirt-guests.service", "virtlogd.service", "virtlogd.socket", "virtlogd-admin.socket",
                "virtlockd.service", "virtlockd.socket", "virtlockd-admin.socket"),
    "lxc": ("lxc.service", "lxc-net.service", "lxc-monitord.service", "lxc@.service"),
    "incus": ("incus.service", "incus.socket", "incus-user.service", "incus-user.socket", "incus-startup.service",
              "lxcfs.service", "incus-lxcfs.service"),
    "networkmanager": ("NetworkManager.service", "NetworkManager-dispatcher.service",
                       "NetworkManager-wait-online.service"),
    "networkd": ("systemd-networkd.service", "systemd-networkd.socket", "systemd-networkd-wait-online.service",
                 "systemd-networkd-varlink.socket", "systemd-networkd-persistent-storage.service",
                 "systemd-network-generator.service", "systemd-machined.service", "systemd-machined.socket",
                 "machines.target", "systemd-nspawn@.service"),
}  # fmt: skip
"""The units of each part."""
_OFF = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "getty@tty1.service", "console-getty.service", "systemd-binfmt.service", "nftables.service",
    "systemd-resolved.service", "systemd-timesyncd.service", "systemd-pstore.service", "systemd-udevd.service",
    "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-udevd-varlink.socket",
    "systemd-udev-trigger.service", "systemd-udev-load-credentials.service", "systemd-udev-settle.service",
    "logrotate.timer", "proc-sys-fs-binfmt_misc.automount", "dev-hugepages.mount", "systemd-firstboot.service",
)  # fmt: skip
"""What has no part in a host's network, or finds no kernel of its own here."""
_INSTALL = """
export DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update -q
apt-get dist-upgrade -q -y
apt-get install -q -y --no-install-recommends PACKAGES
rm /usr/sbin/policy-rc.d
apt-get clean
rm -rf /var/lib/apt/lists/* /etc/apt/apt.conf.d/90here
for each in UNITS; do systemctl disable $each 2>/dev/null || true; done
systemctl mask OFF
useradd --create-home --shell /bin/bash ann
echo host >/etc/hostname
echo "nameserver RESOLVER" >/etc/resolv.conf
printf '127.0.0.1 localhost host\\n::1 localhost\\n' >/etc/hosts
echo "MACHINE" >/etc/machine-id
cat >/etc/network/interfaces <<END
INTERFACES
END
"""
_INTERFACES = f"""auto lo eth0
iface lo inet loopback
iface eth0 inet static
    address {HOST}/24
    gateway 198.51.100.1
iface eth0 inet6 static
    address {HOST_V6}/64
    gateway 2001:db8:2::1
    dad-attempts 0
    accept_ra 0"""
USER = "ann"
"""The person whose rootless containers a host has."""
USERS_DOCKER = "docker -H unix:///run/user/1000/docker.sock"
"""The words that ask the dockerd of this person."""
_VERSIONED = ("podman", "netavark", "aardvark-dns", "passt", "slirp4netns", "docker.io", "firewalld", "ufw",
              "containernetworking-plugins", "libvirt-daemon", "lxc", "incus-base", "network-manager", "nftables",
              "iptables", "systemd")  # fmt: skip


def folder_of(suite: str) -> Path:
    """Return where the suite's folder is, or will be."""
    return cache_folder("today") / f"{suite}-{hashlib.sha256(_script(suite).encode()).hexdigest()[:10]}"


def root_of(suite: str, *, fresh: bool = False) -> Path:
    """Return the suite's folder, made unless it is there; raises PackageError.  It is never run in.

    ``fresh``: make it anew, with the packages of this day."""
    folder = folder_of(suite)
    if fresh or not folder.is_dir():
        install(("debootstrap", "debootstrap"), ("unshare", "util-linux"))
        smallest = suite_folder(suite)
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = folder.with_name(f"partial-{os.getpid()}")
        try:
            run(("cp", "-a", "--reflink=auto", str(smallest), str(partial)))
            _inside(partial, _script(suite))
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        for old in folder.parent.glob(f"{suite}-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
    return folder


def met(suite: str, root: Path) -> str:
    """Return a line with the versions in the suite's folder, and the day on which it was made."""
    day = time.strftime("%Y-%m-%d", time.gmtime(root.stat().st_mtime))
    return f"{suite} of {day}: {', '.join(versions(root))}"


def versions(root: Path) -> tuple[str, ...]:
    """Return the versions of what is in the suite's folder: ``podman 5.4.2``."""
    asked = ("dpkg-query", "--admindir", str(root / "var/lib/dpkg"), "-W", "-f", "${Package} ${Version}\n")
    listed = dict(line.split(" ", 1) for line in run(asked).splitlines())
    found = ((each, re.match(r"(?:\d+:)?(.+?)(?:[+-]|$)", listed.get(each, ""))) for each in _VERSIONED)
    return tuple(f"{each} {version[1]}" for each, version in found if version)


def _script(suite: str) -> str:
    """Return the commands that install."""
    wanted = (*(each for each in _PACKAGES if each not in _LACKS.get(suite, ())), *_MORE.get(suite, ()))
    units = (each for units in UNITS.values() for each in units)
    words = {
        "PACKAGES": " ".join(wanted), "UNITS": " ".join(units), "OFF": " ".join(_OFF),
        "INTERFACES": _INTERFACES, "RESOLVER": RESOLVER,
        # Without an id systemd takes each boot for the first one, and then enables every unit.
        "MACHINE": hashlib.sha256(b"hairpin today").hexdigest()[:32],
    }  # fmt: skip
    return re.sub("|".join(words), lambda found: words[found[0]], _INSTALL)


def _inside(root: Path, script: str) -> None:
    """Run the script in the folder, where its mounts end with it."""
    place = shlex.quote(str(root))
    files = (
        f"cp -L /etc/resolv.conf {place}/etc/resolv.conf; apt-config dump Acquire >{place}/etc/apt/apt.conf.d/90here"
    )
    mounts = f"mount -t proc proc {place}/proc; mount -t sysfs sysfs {place}/sys"
    code = f"{files}; {mounts}; chroot {place} sh -euc {shlex.quote(script)}"
    run(("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", code))
