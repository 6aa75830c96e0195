"""First process of a lab host: makes the host's mounts, prints its process id, and then reaps processes until it is
killed.

The program is started as a plain script (``python -I -S first_process.py``) in new network, mount, UTS and PID
namespaces, so it imports the standard library only.  The host has its own root directory, in which each of the
machine's folders is an overlay.  The lower layer has the machine's files.  Therefore a checkout in any folder can be
run.  The upper layer has the host's writes, in one tmpfs that ends with the mount namespace.  ``/dev`` and ``/run``
belong to the host alone.  /proc and /sys show the host's namespaces.
"""

import ctypes
import os
import re
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# linux/mount.h
MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

OWN = ("dev", "lost+found", "mnt", "proc", "run", "sys")
"""The folders of the root directory in which the host sees no file of the machine."""
KERNEL_TREES = ("autofs", "binfmt_misc", "cgroup", "cgroup2", "devpts", "devtmpfs", "mqueue", "nsfs", "proc", "sysfs")
SCRATCH = Path("/mnt")
ROOT = SCRATCH / "root"

# Device nodes by name: major and minor number.  Source: Linux' Documentation/admin-guide/devices.txt
NODES = {
    "null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0),
    "net/tun": (10, 200),
}  # fmt: skip
LINKS = {
    "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Call mount(2); if it fails, raise OSError with the target's name."""
    _checked(
        _libc.mount(source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None), target
    )


def _checked(result: int, name: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)


def make_mounts() -> None:
    """Give the host its own files, process table, devices and data root for its engine."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("hairpin-lab", str(SCRATCH), "tmpfs")
    ROOT.mkdir()
    mount("hairpin-lab", str(ROOT), "tmpfs", options="mode=755")
    for entry in sorted(Path("/").iterdir()):
        lay_out(entry)
    for name in OWN:
        Path(ROOT, name).mkdir(exist_ok=True)
    for place in mounted_below():
        with suppress(OSError):  # overlays on overlays, and file systems that cannot be a lower layer, stay hidden
            lay_over(place)
    # the data root is no overlay, because an engine cannot make its own overlays on an overlay
    for engine in ("docker", "containers"):
        data_root = SCRATCH / engine
        data_root.mkdir()
        Path(ROOT, "var/lib", engine).mkdir(parents=True, exist_ok=True)
        mount(str(data_root), str(ROOT / "var/lib" / engine), flags=MS_BIND)
    mount("tmpfs", str(ROOT / "run"), "tmpfs", options="mode=755")
    mount("proc", str(ROOT / "proc"), "proc")
    # A sysfs mounted here shows the links of this network namespace.  The cgroup tree is another mount.
    mount("sysfs", str(ROOT / "sys"), "sysfs")
    mount("/sys/fs/cgroup", str(ROOT / "sys/fs/cgroup"), flags=MS_BIND | MS_REC)
    make_devices(ROOT)
    enter_root(ROOT)


def lay_out(entry: Path) -> None:
    """Show an entry of the machine's root directory in the host's root directory, if the host has no entry of its
    own."""
    inside = ROOT / entry.name
    if entry.is_symlink():
        inside.symlink_to(entry.readlink())
    elif entry.is_dir() and entry.name not in OWN:
        inside.mkdir()
        lay_over(entry)
    elif entry.is_file():
        inside.touch()
        show(entry)


def mounted_below() -> Iterator[Path]:
    """Yield the folders at which the machine has mounted file systems below the folders of its root directory.  A
    folder comes before the folders in it."""
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        fields, _, rest = line.partition(" - ")
        name = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields.split()[4])
        place = Path(name)
        if len(place.parts) > 2 and place.parts[1] not in OWN and rest.split()[0] not in KERNEL_TREES:
            yield place


def lay_over(place: Path) -> None:
    """Mount an overlay of the machine's folder at its place in the host.  If the folder cannot be a lower layer, mount
    it read-only."""
    inside = Path(f"{ROOT}{place}")
    if not place.is_dir() or re.search(r"[\\:,]", str(place)):
        show(place)
        return
    layers = Path(f"{SCRATCH}/layers{place}")
    upper, work = layers / "..upper", layers / "..work"
    upper.mkdir(parents=True)
    work.mkdir()
    os.chown(upper, place.stat().st_uid, place.stat().st_gid)
    upper.chmod(stat.S_IMODE(place.stat().st_mode))
    try:
        mount("overlay", str(inside), "overlay", options=f"lowerdir={place},upperdir={upper},workdir={work}")
    except OSError:
        show(place)


def show(place: Path) -> None:
    """Mount a file or folder of the machine at its place in the host, read-only."""
    inside = f"{ROOT}{place}"
    mount(str(place), inside, flags=MS_BIND)
    mount("none", inside, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)


def make_devices(root: Path) -> None:
    """Make the usual device nodes in a root directory, and the host's own pseudo-terminals."""
    devices = root / "dev"
    mount("dev", str(devices), "tmpfs", MS_NOSUID, "mode=755")
    for name, (major, minor) in NODES.items():
        node = devices / name
        node.parent.mkdir(exist_ok=True)
        try:
            os.mknod(node, stat.S_IFCHR, os.makedev(major, minor))
            node.chmod(0o666)
        except PermissionError:  # mknod(2) fails in a user namespace, or if a device cgroup forbids it
            if Path("/dev", name).exists():
                node.touch()
                mount(f"/dev/{name}", str(node), flags=MS_BIND)
    for name, target in LINKS.items():
        (devices / name).symlink_to(target)
    for name, kind, options in (("pts", "devpts", "newinstance,ptmxmode=0666,mode=620"), ("shm", "tmpfs", "mode=1777")):
        (devices / name).mkdir()
        mount(kind, str(devices / name), kind, MS_NOSUID | MS_NOEXEC, options)


def enter_root(root: Path) -> None:
    """Make the given root directory, which is a mount, the root directory of this process.  File systems that are
    mounted in it keep the mounts below them."""
    os.chdir(root)
    # The new root and the place of the old root may be the same folder: pivot_root(2), NOTES
    _checked(_libc.pivot_root(b".", b"."), str(root))
    _checked(_libc.umount2(b".", MNT_DETACH), str(root))
    os.chdir("/")


def main() -> None:
    """Make the host, print ``ready PID`` (the process id in the outer PID namespace), and reap processes for ever."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    outer_pid = Path("/proc/self").readlink()  # this is still the /proc of the outer PID namespace
    make_mounts()
    socket.sethostname(sys.argv[1])
    sys.stdout.write(f"ready {outer_pid}\n")
    sys.stdout.flush()
    while True:
        signal.sigwait({signal.SIGCHLD})
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            continue


if __name__ == "__main__":
    main()
