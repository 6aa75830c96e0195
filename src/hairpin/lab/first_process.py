"""First process of a lab host: makes the host's mounts, says its process id, then reaps until it is killed.

Started as a plain script (``python -I -S first_process.py``) in new network, mount, UTS and PID namespaces, so it
imports the standard library only. Files that the host writes below the folders of ``OVERLAID`` are in one tmpfs that
ends with the mount namespace. The machine's other folders, such as /tmp, are shared, so that a checkout in any folder
can be run.
"""

import ctypes
import os
import signal
import socket
import sys
from pathlib import Path

# linux/mount.h
MS_BIND = 0x1000
MS_MOVE = 0x2000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

# Folders that a distribution's tools write to. Each is an overlay: the machine's files below, the host's writes above.
OVERLAID = ("etc", "var", "usr", "root", "home", "opt")
SCRATCH = Path("/mnt")

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount as mount(2) does; raise OSError with the target's name."""
    if _libc.mount(source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)


def make_mounts() -> None:
    """Give the host its own files, process table, devices and data root for its engine."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("hairpin-lab", str(SCRATCH), "tmpfs")
    kept_cgroups = SCRATCH / "cgroup"
    kept_cgroups.mkdir()
    mount("/sys/fs/cgroup", str(kept_cgroups), flags=MS_BIND | MS_REC)
    for name in OVERLAID:
        if Path("/", name).is_dir():
            lay_over(name)
    for engine in ("docker", "containers"):  # an overlay is no place for an engine's own overlays
        data_root = SCRATCH / engine
        data_root.mkdir()
        Path("/var/lib", engine).mkdir(parents=True, exist_ok=True)
        mount(str(data_root), f"/var/lib/{engine}", flags=MS_BIND)
    mount("tmpfs", "/run", "tmpfs", options="mode=755")
    mount("proc", "/proc", "proc")
    # A sysfs mounted here shows the links of this network namespace. The cgroup tree is another mount and moves over.
    mount("sysfs", "/sys", "sysfs")
    mount(str(kept_cgroups), "/sys/fs/cgroup", flags=MS_MOVE)
    # The overlays and the bind mount hold the tmpfs, so it needs no place in the host's file system.
    if _libc.umount2(str(SCRATCH).encode(), MNT_DETACH):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(SCRATCH))


def lay_over(name: str) -> None:
    upper, work = SCRATCH / name / "upper", SCRATCH / name / "work"
    upper.mkdir(parents=True)
    work.mkdir()
    upper.chmod(Path("/", name).stat().st_mode & 0o7777)
    mount("overlay", f"/{name}", "overlay", options=f"lowerdir=/{name},upperdir={upper},workdir={work}")


def main() -> None:
    """Make the host, print ``ready PID`` (the process id outside), reap for ever."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    outer_pid = Path("/proc/self").readlink()  # still the proc of the outer PID namespace
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
