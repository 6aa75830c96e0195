"""A host with its own systemd on this machine's kernel, without an emulator: namespaces around the tree that the
emulated hosts are made of, in the lab's network (root).

It boots in seconds, and reboots: systemd stops every unit, the kernel ends the namespaces, and new ones with the same
files boot.  What a kernel makes of its own accord at power-on, modules, and parameters outside of the namespaces it
does not have.
"""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from hairpin.lab.image import root_file_system
from hairpin.lab.node import DIE_WITH_PARENT, Node, open_wire_node
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import QUIET, connect
from tests.guests.clocks import clocks_at_zero
from tests.guests.qemu import GuestError
from tests.reboot.host import COMMAND_LIMIT_S, ROOT, Done, Host, folders_of_python

_BOOT_LIMIT_S = 120.0
_END_LIMIT_S = 10.0
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
exec unshare "$@" sh -euc "$boot" sh "$PLACE" "$TREE" "$TALK" $FOLDERS
"""
"""Its control groups are made before the namespaces, so that they are the root that systemd sees."""
_BOOT = f"""
place=$1 lower=$2 talk=$3; shift 3
mount --make-rprivate /
mkdir -p "$place/upper" "$place/work" "$place/root"
root=$place/root
mount -t overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work" overlay "$root"
cat /proc/sys/kernel/random/uuid >"$place/boot-id"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
# ifup's own word for "now those that udev would name": no device comes by itself here.
mkdir -p "$root/run/talk" "$root/run/network"
: >"$root/run/network/restart-hotplug"
mount --bind "$talk" "$root/run/talk"
# An engine's own overlay cannot lie on this one.
for each in docker containers; do
    mkdir -p "$place/$each" "$root/var/lib/$each"; mount --bind "$place/$each" "$root/var/lib/$each"
done
for each; do
    mkdir -p "$root$each"; mount --bind "$each" "$root$each"; mount -o remount,bind,ro "$root$each"
done
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
# systemd 256 and later mount no control groups of version 1 without the word.
exec chroot "$root" env -i container=docker PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
    /sbin/init systemd.show_status=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
"""
_NAMESPACES = ("--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--cgroup")
_ENTER = ("-m", "-p", "-u", "-i", "-n", "-C", "-T", "-r", "-w")
_ENVIRONMENT = (
    "export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    f" PYTHONPATH={shlex.quote(str(ROOT / 'src'))} PYTHONDONTWRITEBYTECODE=1\n"
)


class NativeHost(Host):
    """The running host, asked as an emulated one is."""

    settle_s = 2.0

    def __init__(self, tree: Path, talk: Path, client: Node, router: Node, neighbour: Node) -> None:
        self._tree = tree
        self._router = router
        self._stack = ExitStack()
        """Ends what runs in the host."""
        self._init = 0
        """The process id of its systemd on this machine."""
        super().__init__(talk, self._start(talk), client, neighbour)
        self._usual = frozenset[str]()
        """Units that do not start here at any boot."""

    def run(self, script: str, *, limit_s: int = COMMAND_LIMIT_S) -> Done:
        """Run the script (``sh -eu``) in the host as root; raises GuestError if it does not end in time."""
        try:
            done = subprocess.run(
                self._argv(script), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit_s,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise GuestError(f"no result of `{script.strip()[:200]}` within {limit_s} s") from error
        return Done(done.returncode, done.stdout, done.stderr.strip())

    def _argv(self, script: str) -> tuple[str, ...]:
        return ("nsenter", "-t", str(self._init), *_ENTER, "sh", "-euc", _ENVIRONMENT + script)

    def wait_booted(self) -> tuple[str, ...]:
        """Wait until the host has started all of its units; return the names of those that failed, but for those that
        fail at each boot."""
        until = time.monotonic() + _BOOT_LIMIT_S
        while self.run("test -S /run/systemd/private").status:
            self._wait_a_moment(until, "the host has not booted")
        self.run("systemctl is-system-running --wait", limit_s=int(_BOOT_LIMIT_S))
        listed = self.must("systemctl list-units --failed --plain --no-legend")
        failed = {line.split()[0] for line in listed.splitlines() if line.strip()}
        return tuple(sorted(failed - self._usual))

    def reboot(self) -> tuple[str, ...]:
        """Reboot the host in its own way; return the units that failed to start."""
        self.must("systemctl --no-block reboot")
        try:
            self._booted.wait(_BOOT_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise GuestError(f"the host did not shut down; {self._last_words()}") from error
        self.end()
        self._booted = self._start(self.talk)
        return self.wait_booted()

    def first_boot(self) -> None:
        """Wait until the host has booted; raises GuestError if its engine has not."""
        self._usual = frozenset(self.wait_booted())
        self.must("docker info >/dev/null")
        self.must("docker import /run/talk/image.tar hairpin-lab")

    def end(self) -> None:
        """End what runs in the host; its files stay."""
        self._stack.close()

    def _start(self, talk: Path) -> subprocess.Popen[bytes]:
        """Power on: a network of its own at the lab's wires, and in it systemd; raises GuestError."""
        variables = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "PLACE": str(talk / "place"),
            "TREE": str(self._tree),
            "TALK": str(talk),
            "FOLDERS": " ".join(folders_of_python()),
        }
        with ExitStack() as stack:
            own = stack.enter_context(open_wire_node("host"))
            plug(self._router, own)
            console = stack.enter_context((talk / "console").open("ab"))
            booted = subprocess.Popen(
                (*DIE_WITH_PARENT, *own.enter, "sh", "-euc", _START, "sh", _BOOT, *clocks_at_zero(), *_NAMESPACES),
                env=variables, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
            )  # fmt: skip
            stack.callback(_end, booted)
            self._init = init_of(booted)
            self._stack = stack.pop_all()
        return booted


@contextmanager
def native_host(tree: Path, results: Path) -> Generator[NativeHost]:
    """Boot the tree, which stays as it is, and end the host with the block; raises GuestError.

    ``results``: an empty folder, for the console, the host's own files and what the host is given."""
    (results / "image.tar").write_bytes(root_file_system())
    (results / "place").mkdir()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, results / "place")
        client, router, neighbour = (
            stack.enter_context(open_wire_node(name)) for name in ("client", "router", "neighbour")
        )
        connect(LabPlan(), client, router, neighbour, ())
        host = NativeHost(tree, results, client, router, neighbour)
        stack.callback(host.end)
        host.first_boot()
        yield host


def plug(router: Node, host: Node) -> None:
    """Lay the host's two wires, with the addresses of the emulated host's cards; it sets the rest by itself."""
    host.run(("sysctl", "-qw", *QUIET))
    router.run(
        "for each in host0 host1; do ip link del $each 2>/dev/null || true; done\n"
        f"ip link add host0 master lan0 type veth peer name eth0 address 52:54:00:12:34:10 netns {host.pid}\n"
        f"ip link add host1 type veth peer name eth1 address 52:54:00:12:34:11 netns {host.pid}\n"
        "ip address add 198.18.0.1/24 dev host1; for each in host0 host1; do ip link set $each up; done"
    )


def init_of(booted: subprocess.Popen[bytes]) -> int:
    """Return the process id of the systemd that was started in new namespaces; raises GuestError."""
    until = time.monotonic() + _BOOT_LIMIT_S
    while time.monotonic() < until and booted.poll() is None:
        with suppress(OSError):  # a process that ends while it is looked at
            for pid in Path(f"/proc/{booted.pid}/task/{booted.pid}/children").read_text("ascii").split():
                if Path(f"/proc/{pid}/comm").read_text("ascii").strip() == "systemd":
                    return int(pid)
        time.sleep(0.1)
    raise GuestError("systemd did not start")


def _end(booted: subprocess.Popen[bytes]) -> None:
    booted.kill()
    booted.wait()
    until = time.monotonic() + _END_LIMIT_S
    # A group goes only when the kernel has ended the last of its processes.
    while list(Path("/sys/fs/cgroup").glob(f"*/{_GROUP}")) and time.monotonic() < until:
        time.sleep(0.1)
        script = f"find /sys/fs/cgroup/*/{_GROUP} -depth -type d -exec rmdir {{}} \\; 2>/dev/null || :"
        subprocess.run(("sh", "-c", script), check=False)
