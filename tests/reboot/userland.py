"""The disk that every host starts from: Debian with systemd, dockerd, Podman and the managers of rules, as an ext4
image.

Made once in the cache folder, from the Debian archive that this machine's apt is configured with.  Everything is
installed; whichever manager a scenario needs, it enables.
"""

import hashlib
import shlex
import shutil
from pathlib import Path

from tests.guests.packages import cache_folder, own_mirror, run

SUITE = "bookworm"
PYTHON = (3, 11)
"""The suite's own Python."""
_FIRST = (
    "systemd", "systemd-sysv", "dbus", "udev", "docker.io", "iptables", "nftables", "iproute2", "procps", "kmod",
    "ifupdown", "busybox-static", "util-linux",
)  # fmt: skip
_FURTHER = {"trixie": ("docker-cli",), "sid": ("docker-cli",)}
"""What later suites have in packages of their own."""
_LACKS = {"bullseye": ("netavark",)}
"""What earlier suites do not have: Podman's networks are CNI's there."""
_THEN = (
    "libpam-systemd", "firewalld", "iptables-persistent", "netfilter-persistent", "conntrack", "ipset", "ebtables",
    "ucf", "podman", "netavark", "network-manager", "sudo", "cron", "openssh-server",
)  # fmt: skip
"""polkitd, which firewalld wants, is configured only on a system that has logind."""
_BESIDE = ("ufw",)
"""Debian's ufw breaks iptables-persistent: on a host that has both, both would load rules at boot.  Here each is
enabled only where the other is not."""
PODMAN = ("/usr/bin/podman", "/opt/podman")
"""Where Podman's program belongs, and where it lies: a host gets it that has Podman's containers."""
PROGRAMS = (("debootstrap", "debootstrap"), ("mkfs.ext4", "e2fsprogs"), ("unshare", "util-linux"))
"""What this machine needs to make the disk, each with its package."""
_SIZE = "4G"
"""A sparse file: 0.9 GB of it are used."""

_AGENT = """[Unit]
Description=Runs the commands that come from outside
[Service]
ExecStart=/bin/sh /run/talk/agent.sh
KillMode=process
[Install]
WantedBy=multi-user.target
"""
_LISTENER = """[Unit]
Description=A service of the host's own on port %i
After=network.target
[Service]
ExecStart=/usr/bin/busybox httpd -f -p %i -h /usr/share/doc
[Install]
WantedBy=multi-user.target
"""
_AT_BOOT = """[Unit]
Description=The administrator's own commands at each boot
After=network.target docker.service
ConditionPathExists=/etc/lab/at-boot
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -eu /etc/lab/at-boot
[Install]
WantedBy=multi-user.target
"""
_INTERFACES = """auto lo eth0
iface lo inet loopback
iface eth0 inet static
    address 198.51.100.11/24
    gateway 198.51.100.1
allow-hotplug eth1
iface eth1 inet static
    address 198.18.0.11/24
"""
_PATIENT = """#!/bin/sh
case "$1" in
[0-9]*) limit=$(($1 * 10)); shift; exec /usr/bin/timeout "$limit" "$@" ;;
esac
exec /usr/bin/timeout "$@"
"""
"""hairpin gives dockerd three seconds to answer.  An emulated one is ten to twenty times slower than a real one."""
_FILES = {
    "usr/local/bin/timeout": _PATIENT,
    "etc/systemd/system/agent.service": _AGENT,
    "etc/systemd/system/listener@.service": _LISTENER,
    "etc/systemd/system/at-boot.service": _AT_BOOT,
    "etc/network/interfaces": _INTERFACES,
    "etc/hostname": "lab-host\n",
    "etc/hosts": "127.0.0.1 localhost lab-host\n",
    "etc/resolv.conf": "nameserver 192.0.2.53\n",  # no DNS server has this address
    # Without an id systemd takes each boot for the first one, and then enables every unit.
    "etc/machine-id": f"{hashlib.sha256(b'hairpin reboot').hexdigest()[:32]}\n",
    "etc/fstab": "",
}
_WANTED = ("agent.service", "at-boot.service", "listener@7000.service", "listener@7999.service")
_OFF = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "getty@tty1.service", "serial-getty@ttyS0.service", "systemd-binfmt.service",
    *(f"modprobe@{name}.service" for name in ("configfs", "dm_mod", "drm", "efi_pstore", "fuse", "loop")),
)  # fmt: skip
"""What costs an emulated guest time and has no part in its network."""
_MANAGERS = (
    "netfilter-persistent.service", "nftables.service", "firewalld.service",
    "podman.service", "podman.socket", "podman-restart.service",
    "podman-auto-update.service", "podman-auto-update.timer",
    "cron.service", "ssh.service",
    "NetworkManager.service", "NetworkManager-wait-online.service", "NetworkManager-dispatcher.service",
    "systemd-networkd.service", "systemd-networkd.socket", "systemd-networkd-wait-online.service",
)  # fmt: skip
_INSTALL = f"""
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
for family in v4 v6; do
    echo "iptables-persistent iptables-persistent/autosave_$family boolean false" | debconf-set-selections
done
apt-get install -q -y --no-install-recommends PACKAGES
cd /var/cache/apt && apt-get download -q {" ".join(_BESIDE)}
dpkg --force-breaks -i {" ".join(f"{name}_*.deb" for name in _BESIDE)}
rm -f {" ".join(f"{name}_*.deb" for name in _BESIDE)} /etc/iptables/rules.v4 /etc/iptables/rules.v6
rm /usr/sbin/policy-rc.d
mv {" ".join(PODMAN)}
apt-get clean
"""


def disk(mirror: str | None = None, suite: str = SUITE) -> Path:
    """Return the image of the suite, made unless it is there; raises PackageError.  ``mirror``: a Debian archive."""
    folder = cache_folder("hosts")
    tree = folder / f"{suite}-{_key(_FIRST, _then(suite), _BESIDE, _script(suite), *_FURTHER.get(suite, ()))}"
    image = folder / f"{tree.name}-{_key(_FILES, _WANTED, _OFF, _MANAGERS, _SIZE)}.ext4"
    if not image.exists():
        if not tree.is_dir():
            _install(tree, mirror or own_mirror(), suite)
        _write_files(tree)
        partial = image.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        run(("mkfs.ext4", "-q", "-F", "-d", str(tree), str(partial), _SIZE))
        partial.rename(image)
        for old in folder.glob(f"{suite}-*.ext4"):
            if old != image:
                old.unlink()
    return image


def tree_of(image: Path) -> Path:
    """Return the folder that the image was made from."""
    return image.with_name(image.name.rpartition("-")[0])


def _key(*made_from: object) -> str:
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:10]


def _install(tree: Path, mirror: str, suite: str) -> None:
    """Install the packages below ``tree``."""
    tree.parent.mkdir(parents=True, exist_ok=True)
    partial = tree.with_name(f"{tree.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    packages = ",".join((*_FIRST, *_FURTHER.get(suite, ())))
    argv = ("debootstrap", "--variant=minbase", f"--include={packages}", suite, str(partial), mirror)
    _apart(shlex.join(argv))
    _inside(partial, _script(suite))
    partial.rename(tree)


def _script(suite: str) -> str:
    """Return the commands of the second step."""
    return _INSTALL.replace("PACKAGES", " ".join(_then(suite)))


def _then(suite: str) -> tuple[str, ...]:
    return tuple(each for each in _THEN if each not in _LACKS.get(suite, ()))


def _write_files(tree: Path) -> None:
    """Write the host's own files, and say which units start at boot."""
    for path, content in _FILES.items():
        (tree / path).unlink(missing_ok=True)
        (tree / path).write_text(content, "utf-8")
        (tree / path).chmod(0o755 if "/bin/" in path else 0o644)
    _inside(tree, f"systemctl enable {' '.join(_WANTED)}; systemctl mask {' '.join(_OFF)}")
    _inside(tree, f"systemctl disable {' '.join(_MANAGERS)}")


def _inside(tree: Path, script: str) -> None:
    place = shlex.quote(str(tree))
    mounts = f"mount -t proc proc {place}/proc; mount -t sysfs sysfs {place}/sys"
    _apart(f"{mounts}; chroot {place} sh -euc {shlex.quote(script)}")


def _apart(script: str) -> None:
    """Run the script where its mounts end with it."""
    run(("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", script), {"LANG": "C.UTF-8"})
