"""First process of a host: makes its mounts, enters its root, and becomes the host's own systemd.

``python -m tests.today.first_process PLACE LOWER TALK FOLDER…``, in new mount, PID, UTS, IPC, control group and network
namespaces.  ``PLACE``: where the host's writes go; ``LOWER``: the suite's folder; ``TALK``: the folder seen as
/run/talk; the further folders are seen at the same place, read-only.

The host has one hierarchy of control groups, version 2.  The root is entered with pivot_root(2): no process of a
chroot(2) may make a user namespace, which rootless containers need.
"""

import os
import socket
import stat
import subprocess
import sys
import uuid
from pathlib import Path

from hairpin.lab.first_process import (
    MS_BIND,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    enter_root,
    make_devices,
    mount,
)

_OWN_FOLDERS = ("var/lib/docker", "var/lib/containers", "var/lib/containerd", "home")
"""What is no overlay, because an engine cannot make its own overlays on one."""
_FUSE = (10, 229)
_ENVIRONMENT = {"container": "other", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def make_mounts(place: Path, lower: str, talk: str, folders: list[str]) -> Path:
    """Give the host its files, process table, links, control groups and devices; return its root."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    root = place / "root"
    for each in ("upper", "scratch", "root"):
        (place / each).mkdir(exist_ok=True)
    mount("overlay", str(root), "overlay", options=f"lowerdir={lower},upperdir={place}/upper,workdir={place}/scratch")
    for name in _OWN_FOLDERS:
        _bind_own(place / name, root / name)
    mount("proc", f"{root}/proc", "proc")
    mount("sysfs", f"{root}/sys", "sysfs")
    mount("cgroup2", f"{root}/sys/fs/cgroup", "cgroup2")
    for name, mode in (("run", "755"), ("tmp", "1777")):
        mount("tmpfs", str(root / name), "tmpfs", options=f"mode={mode}")
    (root / "run/network").mkdir()
    (root / "run/network/restart-hotplug").touch()  # no device comes by itself here: ifup's word for "those there are"
    make_devices(root)
    os.mknod(root / "dev/fuse", stat.S_IFCHR | 0o666, os.makedev(*_FUSE))
    (root / "dev/fuse").chmod(0o666)
    (root / "run/talk").mkdir()
    mount(talk, str(root / "run/talk"), flags=MS_BIND)
    for folder in folders:
        _show(folder, f"{root}{folder}")
    (place / "boot-id").write_text(f"{uuid.uuid4()}\n", "ascii")
    mount(str(place / "boot-id"), f"{root}/proc/sys/kernel/random/boot_id", flags=MS_BIND)
    # A user namespace may mount a process table only beside one that nothing covers.  Source: fs/namespace.c
    # mount_too_revealing().
    (root / "run/proc").mkdir()
    mount("proc", f"{root}/run/proc", "proc")
    return root


def _bind_own(folder: Path, inside: Path) -> None:
    """Bind a folder of the place; at the first boot it gets what the suite has there."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        inside.mkdir(parents=True, exist_ok=True)
        subprocess.run(("cp", "-a", str(inside), str(folder)), check=True)
    mount(str(folder), str(inside), flags=MS_BIND)


def _show(folder: str, inside: str) -> None:
    if Path(folder).is_dir():
        Path(inside).mkdir(parents=True, exist_ok=True)
    else:
        Path(inside).parent.mkdir(parents=True, exist_ok=True)
        Path(inside).touch()
    mount(folder, inside, flags=MS_BIND)
    mount("none", inside, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)


def main() -> None:
    """Make the host, and become its systemd."""
    place, lower, talk, *folders = sys.argv[1:]
    root = make_mounts(Path(place), lower, talk, folders)
    enter_root(root)
    socket.sethostname(Path("/etc/hostname").read_text("ascii").strip())
    os.execve("/sbin/init", ["/sbin/init", "systemd.show_status=0"], _ENVIRONMENT)  # noqa: S606


if __name__ == "__main__":
    main()
