"""``python -m tests.power [--cuts N] [--tries N] [--seed S]`` (root): ``make power``.

The guest is a stock Debian kernel with this machine's files; the journal and /etc/sysctl.d are on an ext4 disk of its
own.  Its power is cut by killing qemu: what the guest's kernel has not written to the disk is lost.
"""

import argparse
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from tests.guests.initramfs import MOUNT_9P, initramfs
from tests.guests.packages import Kernel, cache_folder, install_programs, kernel
from tests.guests.qemu import GuestError, emulated, shared_folder
from tests.kills.plans import FILES, TABLES
from tests.power.inside import Found

ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 420.0
_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "9pnet_virtio", "9p", "overlay")
_MOUNTS = f"""
/bin/busybox mount -t 9p -o {MOUNT_9P},ro,cache=loose root /lower &&
/bin/busybox mount -t tmpfs tmpfs /upper &&
/bin/busybox mkdir /upper/files /upper/work &&
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new &&
/bin/busybox mkdir -p /new/lib/modules /new/state /new/var/lib/hairpin /new/etc/sysctl.d &&
/bin/busybox ln -s MODULES /new/lib/modules/RELEASE &&
/bin/busybox mount -t tmpfs tmpfs /new/run &&
/bin/busybox mkdir /new/run/results &&
/bin/busybox mount -t 9p -o {MOUNT_9P} results /new/run/results &&
/bin/busybox mount -t ext4 /dev/vda /new/state &&
/bin/busybox mkdir -p -m 700 /new/state/journal /new/state/sysctl.d &&
/bin/busybox mount -o bind /new/state/journal /new/var/lib/hairpin &&
/bin/busybox mount -o bind /new/state/sysctl.d /new/etc/sysctl.d &&
"""
_FIRST = """export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
ln -s /proc/self/fd /dev/fd
mount -t tmpfs tmpfs /dev/shm
hostname power
for each in br_netfilter nf_conntrack; do modprobe $each; done
ip link set lo up
for each in 0 1; do
    ip link add eth$each type veth peer name far$each; ip link set far$each up; ip link set eth$each up
done
ip address add 198.51.100.11/24 dev eth0; ip address add 198.18.0.11/24 dev eth1; ip route add default via 198.51.100.1
busybox httpd -p 8151 -h /run
SETUP
cd ROOT && PYTHONPATH=src:. PYTHONDONTWRITEBYTECODE=1 PYTHON -m tests.power.inside $(cat /run/results/words) \\
    >/run/results/output 2>&1 </dev/null
echo "ended with $?" >/run/results/now
sleep 3600
"""


class Cut(msgspec.Struct, frozen=True):
    """One cut, and what the next boot has found."""

    how: str
    moment: str
    found: Found


def main() -> int:
    """Cut; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.power")
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--tries", type=int, default=10, help="cuts during --try --persist, besides")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 100_000)
    arguments = parser.parse_args()
    install_programs()
    chance, cuts = random.Random(arguments.seed), list[Cut]()  # noqa: S311
    booted = kernel("6.1", cache_folder())
    for how, count in (("fix", arguments.cuts), ("try", arguments.tries)):
        if count:
            with tempfile.TemporaryDirectory() as folder:
                cuts.extend(_cut(booted, Path(folder), how, count, chance))
    became = Counter(each.found.became for each in cuts)
    wrong = sum(bool(each.found.wrong) for each in cuts)
    print(f"{len(cuts)} cuts: {dict(became)}, {wrong} wrong; seed {arguments.seed}", flush=True)
    return int(wrong > 0)


def _cut(booted: Kernel, folder: Path, how: str, count: int, chance: random.Random) -> list[Cut]:
    """Boot, cut and boot again, and print a line for each cut."""
    guest = Guest(booted, folder)
    labels: list[str] = msgspec.json.decode(guest.until_now(f"{how} -1", "labels"))
    first = next(number for number, label in enumerate(labels) if label == "after a journal write")
    chosen = chance.sample(range(first, len(labels)), min(count, len(labels) - first))
    found, moment = list[Cut](), "after the last moment"
    for number in (*chosen, -2):
        began = time.monotonic()
        read = guest.until_now(f"{how} {number if number >= 0 else 10**6}", "found")
        cut = Cut(how, moment, msgspec.json.decode(read, type=Found))
        said = cut.found
        print(
            f"{how:<4} {moment:<36} check: {'half done' if said.said else '-':<10} {said.settled_by:<8}"
            f" {said.became:<11} {time.monotonic() - began:5.0f} s  {'; '.join(said.wrong)}",
            flush=True,
        )
        found.append(cut)
        moment = labels[number] if number >= 0 else ""
    return found


class Guest:
    """The host with its disk, which outlives each boot."""

    def __init__(self, booted: Kernel, folder: Path) -> None:
        self.kernel = booted
        self.disk = folder / "disk"
        self.results = folder / "results"
        self.results.mkdir()
        self.disk.touch()
        subprocess.run(("truncate", "-s", "64M", self.disk), check=True)
        subprocess.run(("mkfs.ext4", "-q", "-F", self.disk), check=True)
        files = f"test -e /etc/sysctl.d/70-other.conf || {{ {FILES} && sync; }}"
        first = _FIRST.replace("SETUP", f"{TABLES}\n({files})").replace("ROOT", shlex.quote(str(ROOT)))
        (self.results / "first.sh").write_text(first.replace("PYTHON -m", f"{shlex.quote(sys.executable)} -m"), "utf-8")
        mounts = _MOUNTS.replace("MODULES", str(booted.modules)).replace("RELEASE", booted.release)
        self.packed = folder / "initramfs"
        self.packed.write_bytes(initramfs(booted, _MODULES, mounts, "/bin/sh /run/results/first.sh"))

    def until_now(self, words: str, wanted: str) -> bytes:
        """Boot, cut the power when the guest has come to its moment, and return a file that it has written before."""
        for name in ("now", "found", "labels", "output"):
            (self.results / name).unlink(missing_ok=True)
        (self.results / "words").write_text(words, "ascii")
        with (self.results / "console").open("wb") as console:
            process = subprocess.Popen(
                (*emulated(self.kernel, str(self.packed)), "-no-reboot",
                 "-drive", f"file={self.disk},format=raw,if=virtio,cache=writeback",
                 *shared_folder(Path("/"), "root", read_only=True), *shared_folder(self.results, "results")),
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                until = time.monotonic() + _LIMIT_S
                while not (self.results / "now").exists() and process.poll() is None and time.monotonic() < until:
                    time.sleep(0.02)
            finally:
                process.kill()
                process.wait()
        if not (self.results / wanted).exists():
            said = [(self.results / name).read_text("utf-8", "replace")[-1500:] for name in ("output", "console")
                    if (self.results / name).exists()]  # fmt: skip
            raise GuestError("\n".join(("the guest did not come to its moment", *said)))
        return (self.results / wanted).read_bytes()


if __name__ == "__main__":
    sys.exit(main())
