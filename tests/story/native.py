"""A host with its own systemd on this machine's kernel, without an emulator: namespaces around the tree that the
emulated hosts are made of, in the lab's network (root).

It boots in seconds.  What a real boot of a kernel makes, and modules, it does not have.
"""

import os
import shlex
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hairpin.lab.image import root_file_system
from hairpin.lab.node import Node, open_wire_node
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import connect
from tests.guests.qemu import GuestError
from tests.reboot.host import COMMAND_LIMIT_S, Done, Host

_BOOT_LIMIT_S = 120.0
_V1 = "cpu cpuacct cpuset memory devices freezer blkio pids"
_GROUP = f"hairpin-systemd-{os.getpid()}"
_START = f"""
for each in {_V1} systemd unified; do
    [ -d /sys/fs/cgroup/$each ] || continue
    group=/sys/fs/cgroup/$each/{_GROUP}
    mkdir -p $group
    [ $each != cpuset ] || for file in cpus mems; do cat /sys/fs/cgroup/cpuset/cpuset.$file >$group/cpuset.$file; done
    echo $$ >$group/cgroup.procs
done
boot=$1; shift
exec unshare "$@" sh -euc "$boot" sh "$PLACE" "$TREE" "$TALK"
"""
"""Its control groups are made before the namespaces, so that they are the root that systemd sees."""
_BOOT = f"""
place=$1 lower=$2 talk=$3
mount --make-rprivate /
mount -t tmpfs -o size=3g tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
root=$place/root
mount -t overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work" overlay "$root"
cat /proc/sys/kernel/random/uuid >"$place/boot-id"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root/run/talk" "$root/var/lib/docker"
mount --bind "$talk" "$root/run/talk"
mount -t tmpfs tmpfs "$root/var/lib/docker"
mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
for each in {_V1}; do
    mkdir "$root/sys/fs/cgroup/$each"; mount -t cgroup -o $each cgroup "$root/sys/fs/cgroup/$each"
done
mkdir "$root/sys/fs/cgroup/systemd" "$root/sys/fs/cgroup/unified"
mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
mount --bind "$place/boot-id" "$root/proc/sys/kernel/random/boot_id"
hostname lab-host
rm -f "$root/etc/systemd/system/multi-user.target.wants/agent.service"
ln -sfn /dev/null "$root/etc/systemd/system/networking.service"
exec chroot "$root" env -i container=docker PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init systemd.show_status=0
"""
_NAMESPACES = ("--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--cgroup")
_ENTER = ("-m", "-p", "-u", "-i", "-n", "-C", "-T", "-r", "-w")
_ENVIRONMENT = "export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"


class NativeHost(Host):
    """The running host, asked as an emulated one is.  ``init``: the process id of its systemd on this machine."""

    def __init__(self, talk: Path, booted: subprocess.Popen[bytes], init: int, client: Node, neighbour: Node) -> None:
        super().__init__(talk, booted, client, neighbour)
        self._init = init

    def run(self, script: str, *, limit_s: int = COMMAND_LIMIT_S) -> Done:
        """Run the script (``sh -eu``) in the host as root; raises GuestError if it does not end in time."""
        argv = ("nsenter", "-t", str(self._init), *_ENTER, "sh", "-euc", _ENVIRONMENT + script)
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit_s, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise GuestError(f"no result of `{script.strip()[:200]}` within {limit_s} s") from error
        return Done(done.returncode, done.stdout, done.stderr.strip())


@contextmanager
def native_host(tree: Path, results: Path) -> Generator[NativeHost]:
    """Boot the tree, which stays as it is, and end the host with the block; raises GuestError.

    ``results``: an empty folder, for the console and what the host is given."""
    (results / "image.tar").write_bytes(root_file_system())
    place = results / "place"
    place.mkdir()
    with ExitStack() as stack:
        client, router, neighbour, own = (
            stack.enter_context(open_wire_node(name)) for name in ("client", "router", "neighbour", "host")
        )
        connect(LabPlan(), client, router, neighbour, (own,))
        console = stack.enter_context((results / "console").open("wb"))
        up = Path("/proc/uptime").read_text("ascii").partition(".")[0]
        clocks = ("--time", "--monotonic", f"-{up}", "--boottime", f"-{up}")
        booted = subprocess.Popen(
            (*own.enter, "sh", "-euc", _START, "sh", _BOOT, *clocks, *_NAMESPACES),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PLACE": str(place), "TREE": str(tree), "TALK": str(results)},
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
        stack.callback(_end, booted)
        host = NativeHost(results, booted, _init_of(booted), client, neighbour)
        _wait(host)
        host.must("docker import /run/talk/image.tar hairpin-lab")
        yield host


def _init_of(booted: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + _BOOT_LIMIT_S
    while time.monotonic() < until and booted.poll() is None:
        for pid in Path(f"/proc/{booted.pid}/task/{booted.pid}/children").read_text("ascii").split():
            if Path(f"/proc/{pid}/comm").read_text("ascii").strip() == "systemd":
                return int(pid)
        time.sleep(0.1)
    raise GuestError("systemd did not start")


def _wait(host: NativeHost) -> None:
    until = time.monotonic() + _BOOT_LIMIT_S
    while time.monotonic() < until:
        if not host.run("docker info >/dev/null 2>&1 && test -S /run/systemd/private").status:
            return
        time.sleep(0.5)
    failed = shlex.join(host.run("systemctl list-units --failed --plain --no-legend").output.split("\n"))
    raise GuestError(f"the host has not booted; failed: {failed}")


def _end(booted: subprocess.Popen[bytes]) -> None:
    booted.kill()
    booted.wait()
    time.sleep(0.5)
    subprocess.run(
        ("sh", "-c", f"find /sys/fs/cgroup/*/{_GROUP} -depth -type d -exec rmdir {{}} + 2>/dev/null || true"),
        check=False,
    )
