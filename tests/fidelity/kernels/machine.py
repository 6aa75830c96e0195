"""Boots one kernel under qemu with this machine's files, runs commands in it, and ends it by its process id."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.guests.initramfs import MOUNT_9P, initramfs
from tests.guests.packages import Kernel
from tests.guests.qemu import GuestError, emulated, shared_folder

_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
_MOUNTS = f"""
/bin/busybox mount -t 9p -o {MOUNT_9P},ro,cache=loose root /lower &&
/bin/busybox mount -t tmpfs tmpfs /upper &&
/bin/busybox mkdir /upper/files /upper/work &&
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new &&
/bin/busybox mkdir -p /new/lib/modules &&
/bin/busybox ln -s MODULES /new/lib/modules/RELEASE &&
/bin/busybox mount -t tmpfs tmpfs /new/run &&
/bin/busybox mkdir /new/run/results &&
/bin/busybox mount -t 9p -o {MOUNT_9P} results /new/run/results &&
"""
"""This machine's root, read-only below a tmpfs, and the folder of results, which is writable."""
_NEARER = """for program in ip bridge nft ipset ebtables iptables-nft-restore iptables-legacy-restore; do
    file=$(readlink -f "$(command -v $program)") && echo "$file" && ldd "$file" | grep -o '/[^ ]*'
done >/dev/shm/files
for each in $(sort -u /dev/shm/files) /usr/lib/*/xtables/*.so /etc/ld.so.cache /etc/iproute2/* \\
    /etc/protocols /etc/services /etc/nsswitch.conf; do readlink -e "$each"; done | xargs touch -c
"""
"""Touching the hunt's programs copies them into the guest's memory: each opening of a file on this machine is a
request that takes a millisecond.
"""
_FIRST = """export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
ln -s /proc/self/fd /dev/fd
for each in 0:stdin 1:stdout 2:stderr; do ln -s fd/${each%:*} /dev/${each#*:}; done
mount -t tmpfs tmpfs /dev/shm
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
ip link set lo up
for each in br_netfilter nf_conntrack; do modprobe $each; done
uname -r >/run/results/release
for each in per_sec burst; do echo 1000000 >/proc/sys/net/ipv4/icmp_msgs_$each; done
echo -1 >/proc/sys/net/ipv4/route/mtu_expires
sh /run/results/nearer.sh
sh /run/results/commands.sh >/run/results/output 2>&1 </dev/null
echo $? >/run/results/status
sync
echo o >/proc/sysrq-trigger
while :; do sleep 1; done
"""
"""The guest's first process: what a first process has to do, the commands, and power-off.  Modules whose sysctls are
read before anything asks for them are loaded.  Before 6.13 the limits of ICMP errors are not a namespace's own; before
5.18 neither is how long the MTU of a path is remembered."""


_STALLED_S = 900.0
"""A guest that prints and writes nothing for so long is stuck. Shrinking a case may take 300 s."""


def run(kernel: Kernel, commands: str, results: Path, *, limit_s: float, look: Callable[[], None]) -> str:
    """Run the commands (sh) in a guest with that kernel; return what they printed.

    They see this machine's files, changes are forgotten, except below ``/run/results``, which is ``results``.
    Output is shown here as it comes, and ``look`` is called a few times a second.
    Raises GuestError when the guest has not ended after ``limit_s`` seconds, or is stuck, or its commands have failed.
    """
    results.mkdir(parents=True, exist_ok=True)
    for name in ("output", "status", "release"):
        (results / name).unlink(missing_ok=True)
    (results / "output").touch()
    (results / "first.sh").write_text(_FIRST, "utf-8")
    (results / "nearer.sh").write_text(_NEARER, "utf-8")
    (results / "commands.sh").write_text(commands, "utf-8")
    console = results / "console"
    with tempfile.NamedTemporaryFile(prefix="hairpin-initramfs-") as packed, console.open("wb") as shown:
        mounts = _MOUNTS.replace("MODULES", str(kernel.modules)).replace("RELEASE", kernel.release)
        packed.write(initramfs(kernel, _MODULES, mounts, "/bin/sh /run/results/first.sh"))
        packed.flush()
        process = subprocess.Popen(
            _argv(kernel, packed.name, results), stdin=subprocess.DEVNULL, stdout=shown, stderr=subprocess.STDOUT
        )
        try:
            why = _follow(process, results, limit_s, look)
        finally:
            process.kill()
            process.wait()
    printed = (results / "output").read_text("utf-8", "replace")
    status = results / "status"
    if why:
        raise GuestError(_failure(f"{kernel.release}: {why}", printed, console))
    if not status.exists():
        raise GuestError(_failure(f"{kernel.release}: ended before its commands did", printed, console))
    if (failed := status.read_text("ascii").strip()) != "0":
        raise GuestError(_failure(f"{kernel.release}: its commands ended with status {failed}", printed, console))
    return printed


def _failure(what: str, printed: str, console: Path) -> str:
    """Return the error, with the last lines that the commands and the kernel printed."""
    said = (*printed.splitlines()[-12:], *console.read_text("utf-8", "replace").splitlines()[-12:])
    return "\n  ".join((what, *said))


def _argv(kernel: Kernel, packed: str, results: Path) -> tuple[str, ...]:
    return (
        *emulated(kernel, packed),
        "-no-reboot",
        *shared_folder(Path("/"), "root", read_only=True),
        *shared_folder(results, "results"),
    )


def _follow(process: subprocess.Popen[bytes], results: Path, limit_s: float, look: Callable[[], None]) -> str:
    """Print the guest's output until it has ended; return why it is stuck, if it has not ended."""
    now = time.monotonic()
    deadline, stalled, changed = now + limit_s, now + _STALLED_S, 0
    with (results / "output").open("r", encoding="utf-8", errors="replace") as lines:
        while now < min(deadline, stalled):
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.25)
            now = time.monotonic()
            before, changed = changed, results.stat().st_mtime_ns
            look()
            more = lines.read()
            if more:
                sys.stdout.write(more)
                sys.stdout.flush()
            if more or changed != before:
                stalled = now + _STALLED_S
            if process.returncode is not None:
                return ""
    if now >= deadline:
        return f"not done in {limit_s / 60:.0f} minutes"
    return f"nothing came for {_STALLED_S / 60:.0f} minutes"
