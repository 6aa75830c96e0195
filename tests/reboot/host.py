"""A host that really boots: a guest under qemu, whose NIC lies in the lab's network of client, router and neighbour.

The host asks for nothing: it runs the commands that come from here.  They and their results are files in a folder that
it mounts by 9p, so that neither a lost connection nor a broken firewall comes between.
"""

import itertools
import shlex
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from hairpin.lab.image import root_file_system
from hairpin.lab.node import Node, open_wire_node, python
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import connect
from tests.guests.initramfs import MOUNT_9P, initramfs
from tests.guests.packages import Kernel
from tests.guests.qemu import GuestError, emulated, shared_folder
from tests.reboot.userland import PYTHON

ROOT = Path(__file__).resolve().parents[2]
BOOT_LIMIT_S = 420.0
"""A boot takes 40 s on an idle machine."""
COMMAND_LIMIT_S = 180
_SLACK_S = 30.0
"""How much later than its limit the result of a command may come."""
_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "9pnet_virtio", "9p")
"""ext4 asks for its checksum by name, which no dependency of its module says."""
_MOUNTS = f"""
/bin/busybox mount -t ext4 /dev/vda /new &&
/bin/busybox mount -t tmpfs -o mode=755 tmpfs /new/run &&
/bin/busybox mkdir /new/run/outside /new/run/talk &&
/bin/busybox mount -t 9p -o {MOUNT_9P},ro,cache=loose root /new/run/outside &&
/bin/busybox mount -t 9p -o {MOUNT_9P} talk /new/run/talk &&
for each in FOLDERS; do
    /bin/busybox mkdir -p /new$each && /bin/busybox mount -o bind /new/run/outside$each /new$each || exit
done &&
/bin/busybox mkdir -p /new/lib/modules &&
/bin/busybox ln -sfn MODULES /new/lib/modules/RELEASE &&
"""
"""The disk, which keeps what is written to it over a reboot, and this machine's folders with Python, the checkout and
the kernel's modules, each at the same place."""
_OUTSIDE = "/run/outside"
_LOADER = Path("/lib64/ld-linux-x86-64.so.2")
_AROUND = ("client", "router", "neighbour")
_AGENT = """export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PYTHONPATH=SOURCE PYTHONDONTWRITEBYTECODE=1
cd /run/talk
cat /proc/sys/kernel/random/boot_id >ready.new && mv ready.new ready
while :; do
    for asked in *.ask; do
        [ -e "$asked" ] || continue
        name=${asked%.ask}
        read limit <"$asked"
        rm "$asked"
        timeout -k 5 "$limit" sh -eu "$name.sh" >"$name.out" 2>"$name.err" </dev/null
        echo $? >"$name.new" && mv "$name.new" "$name.done"
    done
    sleep 0.1
done
"""


_LEAN = "modprobe.blacklist=drm,bochs,psmouse,pcspkr,joydev,evdev,parport_pc,floppy,i2c_piix4,sg,sr_mod,ata_piix"
"""Drivers that the host does not need, and would load at each boot."""


class Done(msgspec.Struct, frozen=True):
    """How a command ended: its exit status (124: not in time), and what it wrote."""

    status: int
    output: str
    complaint: str


class Host:
    """The running host.  ``client`` and ``neighbour`` are the machines around it; ``talk``: the folder that it
    mounts at /run/talk."""

    settle_s = 10.0
    """An emulated dockerd starts its containers, or makes their rules, so long after it has said that it is done."""

    def __init__(self, talk: Path, booted: subprocess.Popen[bytes], client: Node, neighbour: Node) -> None:
        self.client = client
        self.neighbour = neighbour
        self.talk = talk
        self._booted = booted
        self._numbers = itertools.count(1)
        self._boot = ""
        self._python: tuple[str, ...] = ()

    def python(self, script: str) -> tuple[str, ...]:
        """Return the argv that runs one of the lab's scripts in the host with this machine's Python, and with its C
        library where the host's own is older; raises GuestError if neither runs."""
        if not self._python:
            # Its link is an absolute one, which in the host would lead to the host's own.
            loader = _LOADER.resolve()
            folders = f"{_OUTSIDE}{loader.parent}:{sys.base_prefix}/lib"
            ways = ((sys.executable,), (f"{_OUTSIDE}{loader}", "--library-path", folders, sys.executable))
            self._python = next((way for way in ways if not self.run(f"{shlex.join(way)} -I -S -c ''").status), ())
        if not self._python:
            raise GuestError("this machine's Python does not run in the host")
        return (*self._python, *python(script)[1:])

    def run(self, script: str, *, limit_s: int = COMMAND_LIMIT_S) -> Done:
        """Run the script (``sh -eu``) in the host as root; raises GuestError if no result comes in time."""
        name = f"{next(self._numbers):04}"
        (self.talk / f"{name}.sh").write_text(f"{script}\n", "utf-8")
        partial = self.talk / f"{name}.new-ask"
        partial.write_text(f"{limit_s}\n", "ascii")
        partial.rename(self.talk / f"{name}.ask")
        self._wait(self.talk / f"{name}.done", limit_s + _SLACK_S, f"no result of `{script.strip()[:200]}`")
        return Done(
            int((self.talk / f"{name}.done").read_text("ascii")),
            (self.talk / f"{name}.out").read_text("utf-8", "replace"),
            (self.talk / f"{name}.err").read_text("utf-8", "replace").strip(),
        )

    def must(self, script: str, *, limit_s: int = COMMAND_LIMIT_S) -> str:
        """Run the script and return its output; raises GuestError with its complaint if it fails."""
        done = self.run(script, limit_s=limit_s)
        if done.status:
            said = done.complaint or done.output.strip()
            raise GuestError(f"the host's `{script.strip()[:300]}` ended with status {done.status}: {said}")
        return done.output

    def wait_booted(self) -> tuple[str, ...]:
        """Wait until the host has started all of its units; return the names of those that failed."""
        ready = self.talk / "ready"
        deadline = time.monotonic() + BOOT_LIMIT_S
        while not ready.exists() or ready.read_text("ascii") == self._boot:
            self._wait_a_moment(deadline, "the host has not booted")
        self._boot = ready.read_text("ascii")
        self.run("systemctl is-system-running --wait", limit_s=int(BOOT_LIMIT_S))
        listed = self.must("systemctl list-units --failed --plain --no-legend")
        return tuple(line.split()[0] for line in listed.splitlines() if line.strip())

    def reboot(self) -> tuple[str, ...]:
        """Reboot the host in its own way; return the units that failed to start."""
        # A little later: the agent, which the reboot ends, has to write first that the command has ended.
        self.must("sync; (sleep 3; exec systemctl --no-block reboot) </dev/null >/dev/null 2>&1 &")
        return self.wait_booted()

    def _wait(self, path: Path, limit_s: float, what: str) -> None:
        deadline = time.monotonic() + limit_s
        while not path.exists():
            self._wait_a_moment(deadline, f"{what} within {limit_s:.0f} s")

    def _wait_a_moment(self, deadline: float, what: str) -> None:
        if self._booted.poll() is not None:
            raise GuestError(f"the host has ended; {self._last_words()}")
        if time.monotonic() > deadline:
            raise GuestError(f"{what}; {self._last_words()}")
        time.sleep(0.1)

    def _last_words(self) -> str:
        console = (self.talk / "console").read_text("utf-8", "replace").splitlines()
        return "\n  ".join(("the last lines of its console:", *console[-12:]))


@contextmanager
def running_host(kernel: Kernel, disk: Path, results: Path) -> Generator[Host]:
    """Boot a fresh host from the disk, which stays as it is, and end it with the block; raises GuestError.

    ``results``: an empty folder, for the console and the commands with their results.
    """
    (results / "agent.sh").write_text(_AGENT.replace("SOURCE", str(ROOT / "src")), "utf-8")
    (results / "image.tar").write_bytes(root_file_system())
    packed = results / "initramfs"
    folders = (*folders_of_python(), str(kernel.modules))
    mounts = _MOUNTS.replace("FOLDERS", " ".join(map(shlex.quote, folders)))
    mounts = mounts.replace("MODULES", shlex.quote(str(kernel.modules))).replace("RELEASE", kernel.release)
    packed.write_bytes(initramfs(kernel, _MODULES, mounts, "/sbin/init"))
    with ExitStack() as stack:
        client, router, neighbour = (
            stack.enter_context(open_wire_node(name)) for name in ("client", "router", "neighbour")
        )
        connect(LabPlan(), client, router, neighbour, ())
        router.run(
            "for each in host0 host1; do ip tuntap add dev $each mode tap; done; ip link set host0 master lan0;"
            " ip address add 198.18.0.1/24 dev host1; for each in host0 host1; do ip link set $each up; done"
        )
        console = stack.enter_context((results / "console").open("wb"))
        qemu = subprocess.Popen(
            (*router.enter, *_argv(kernel, str(packed), disk, results)),
            stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
        )  # fmt: skip
        stack.callback(_end, qemu)
        host = Host(results, qemu, client, neighbour)
        failed = host.wait_booted()
        if failed:
            raise GuestError(f"{', '.join(failed)} did not start in a host that nothing is wrong with")
        host.must("docker import /run/talk/image.tar hairpin-lab")
        yield host


def _end(qemu: subprocess.Popen[bytes]) -> None:
    qemu.kill()
    qemu.wait()


def _argv(kernel: Kernel, packed: str, disk: Path, results: Path) -> tuple[str, ...]:
    return (
        *emulated(kernel, packed, "net.ifnames=0", "apparmor=0", "selinux=0", "systemd.show_status=0", _LEAN),
        # Written to a file of qemu's own, which goes with it.
        "-drive", f"file={disk},format=raw,if=virtio,snapshot=on",
        *_nic("host0", "52:54:00:12:34:10"), *_nic("host1", "52:54:00:12:34:11"),
        *shared_folder(Path("/"), "root", read_only=True), *shared_folder(results, "talk"),
    )  # fmt: skip


def _nic(tap: str, mac: str) -> tuple[str, ...]:
    return (
        "-netdev", f"tap,id={tap},ifname={tap},script=no,downscript=no",
        "-device", f"virtio-net-pci,netdev={tap},mac={mac}",
    )  # fmt: skip


def folders_of_python() -> tuple[str, ...]:
    """Return this machine's folders that the host needs at the same place; raises GuestError if it has no Python."""
    wanted = [Path(sys.prefix).resolve(), ROOT]
    own = Path(sys.base_prefix).resolve()
    if own != Path("/usr"):
        wanted.append(own)
    elif sys.version_info[:2] != PYTHON:
        raise GuestError(
            f"the host's own Python is {PYTHON[0]}.{PYTHON[1]}: make .venv with that one, or with one outside of /usr"
        )
    return tuple(dict.fromkeys(map(str, wanted)))
