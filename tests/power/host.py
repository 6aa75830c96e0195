"""The host whose power is cut: a disk that outlives each boot, and this machine's other files; emulated with a kernel
of its own, or in namespaces on this machine's kernel."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO

from hairpin.lab.node import DIE_WITH_PARENT
from tests.guests.clocks import clocks_at_zero
from tests.guests.initramfs import MOUNT_9P, initramfs
from tests.guests.packages import Kernel
from tests.guests.qemu import GuestError, emulated, shared_folder
from tests.kills.plans import FILES, TABLES

ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 420.0
_COPIES = 50
_ON_DISK = f"""
mkdir -p -m 700 /state/journal /state/sysctl.d
mkdir -p /var/lib/hairpin
mount -o bind /state/journal /var/lib/hairpin
mount -o bind /state/sysctl.d /etc/sysctl.d
test -e /etc/sysctl.d/70-other.conf || ({FILES}; sync)
"""
"""The journal, and the files that a plan writes."""
_FIRST = f"""export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
mount -t tmpfs tmpfs /dev/shm
hostname power
{_ON_DISK}
ip link set lo up
for each in 0 1; do
    ip link add eth$each type veth peer name far$each; ip link set far$each up; ip link set eth$each up
done
ip address add 198.51.100.11/24 dev eth0; ip address add 198.18.0.11/24 dev eth1; ip route add default via 198.51.100.1
busybox httpd -p 198.51.100.11:8151 -h /run
{TABLES}
cd ROOT && PYTHONPATH=src:. PYTHONDONTWRITEBYTECODE=1 PYTHON -m tests.power.inside $(cat /run/results/words) \\
    >/run/results/output 2>&1 </dev/null
echo "ended with $?" >/run/results/now
sleep 3600
"""
_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "9pnet_virtio", "9p", "overlay")
_MOUNTS = f"""
/bin/busybox mount -t 9p -o {MOUNT_9P},ro,cache=loose root /lower &&
/bin/busybox mount -t tmpfs tmpfs /upper &&
/bin/busybox mkdir /upper/files /upper/work &&
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new &&
/bin/busybox mkdir -p /new/lib/modules /new/state &&
/bin/busybox ln -s MODULES /new/lib/modules/RELEASE &&
/bin/busybox mount -t tmpfs tmpfs /new/run &&
/bin/busybox mkdir /new/run/results &&
/bin/busybox mount -t 9p -o {MOUNT_9P} results /new/run/results &&
/bin/busybox mount -t ext4 /dev/vda /new/state &&
"""
_NATIVE = """
place=$1 results=$2 disk=$3
mount --make-rprivate /
mount -t tmpfs tmpfs "$place"
mkdir "$place/files" "$place/work" "$place/root"
root=$place/root
mount -t overlay -o "lowerdir=/,upperdir=$place/files,workdir=$place/work" overlay "$root"
cat /proc/sys/kernel/random/uuid >"$place/boot-id"
mount -t proc proc "$root/proc"
mount --bind "$place/boot-id" "$root/proc/sys/kernel/random/boot_id"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mkdir "$root/run/results" "$root/state"
mount -o loop "$disk" "$root/state"
mount --rbind /dev "$root/dev"
mount --bind "$results" "$root/run/results"
sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
exec chroot "$root" sh /run/results/first.sh
"""


class PoweredHost(ABC):
    """The host with its disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = folder / "disk"
        self.results = folder / "results"
        self.results.mkdir()
        subprocess.run(("truncate", "-s", "64M", self.disk), check=True)
        subprocess.run(("mkfs.ext4", "-q", "-F", self.disk), check=True)
        first = _FIRST.replace("ROOT", shlex.quote(str(ROOT))).replace("PYTHON -m", f"{shlex.quote(sys.executable)} -m")
        (self.results / "first.sh").write_text(first, "utf-8")

    def until_now(self, words: str, wanted: str) -> bytes:
        """Boot, cut the power when the host has come to its moment, and return a file that it has written before;
        raises GuestError."""
        for name in ("now", "found", "labels", "output"):
            (self.results / name).unlink(missing_ok=True)
        (self.results / "words").write_text(words, "ascii")
        with (self.results / "console").open("wb") as console:
            process = self._power_on(console)
            try:
                until = time.monotonic() + _LIMIT_S
                while not (self.results / "now").exists() and process.poll() is None and time.monotonic() < until:
                    time.sleep(0.02)
            finally:
                self._cut(process)
        if not (self.results / wanted).exists():
            said = [(self.results / name).read_text("utf-8", "replace")[-1500:] for name in ("output", "console")
                    if (self.results / name).exists()]  # fmt: skip
            raise GuestError("\n".join(("the host did not come to its moment", *said)))
        return (self.results / wanted).read_bytes()

    @abstractmethod
    def _power_on(self, console: IO[bytes]) -> subprocess.Popen[bytes]: ...

    @abstractmethod
    def _cut(self, process: subprocess.Popen[bytes]) -> None:
        """Cut the power: what has not reached the disk is lost."""


class EmulatedHost(PoweredHost):
    """A stock Debian kernel; to cut the power is to kill qemu."""

    def __init__(self, booted: Kernel, folder: Path) -> None:
        super().__init__(folder)
        self._kernel = booted
        first = self.results / "first.sh"
        modules = "for each in br_netfilter nf_conntrack; do modprobe $each; done\n"
        first.write_text(modules + first.read_text("utf-8"), "utf-8")
        mounts = _MOUNTS.replace("MODULES", str(booted.modules)).replace("RELEASE", booted.release)
        self._packed = folder / "initramfs"
        self._packed.write_bytes(initramfs(booted, _MODULES, mounts, "/bin/sh /run/results/first.sh"))

    def _power_on(self, console: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (*emulated(self._kernel, str(self._packed)), "-no-reboot",
             "-drive", f"file={self.disk},format=raw,if=virtio,cache=writeback",
             *shared_folder(Path("/"), "root", read_only=True), *shared_folder(self.results, "results")),
            stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _cut(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()


class HostInNamespaces(PoweredHost):
    """Namespaces, and the disk as a loop device.  To cut the power is to go on with what has reached the disk at that
    moment: the file behind the loop device, without the pages that the kernel still holds for the file system."""

    def _power_on(self, console: IO[bytes]) -> subprocess.Popen[bytes]:
        place = self.folder / "place"
        place.mkdir(exist_ok=True)
        namespaces = ("--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child")
        return subprocess.Popen(
            (*DIE_WITH_PARENT, "unshare", *clocks_at_zero(), *namespaces,
             "sh", "-euc", _NATIVE, "sh", str(place), str(self.results), str(self.disk)),
            env={"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _cut(self, process: subprocess.Popen[bytes]) -> None:
        reached = self._on_disk()
        process.kill()
        process.wait()
        # What the kernel writes when it unmounts goes to the old file, which nobody reads again.
        reached.replace(self.disk)

    def _on_disk(self) -> Path:
        """Return a copy of the disk of one moment: during two copies nothing was written.  Raises GuestError if
        something is written all the time."""
        copies = (self.folder / "copy0", self.folder / "copy1")
        for _ in range(_COPIES):
            for each in copies:
                shutil.copyfile(self.disk, each)
            if copies[0].read_bytes() == copies[1].read_bytes():
                return copies[0]
        raise GuestError("the disk is written to without a pause")
