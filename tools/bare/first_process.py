"""First process of the fresh machine: makes its mounts, enters its root, runs the commands, and reaps.

``python -m tools.bare.first_process ROOT FOLDER --bind=FOLDER… --run=COMMAND…``, in new mount, PID, UTS, IPC and
control group namespaces.  It ends with the first command that fails, and with it all that runs.
"""

import os
import socket
import sys
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
from tools.bare.groups import hierarchies

HOSTNAME = "bare"
_ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}


def make_mounts(root: Path, bound: tuple[str, ...]) -> None:
    """Give the machine its process table, links, control groups and devices, and the folders that its pip knows."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount(str(root), str(root), flags=MS_BIND)  # only a mount can be made the root
    for folder in bound:
        inside = f"{root}{folder}"
        Path(inside).mkdir(parents=True, exist_ok=True)
        mount(folder, inside, flags=MS_BIND)
        mount("none", inside, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
    found = hierarchies()
    mount("proc", f"{root}/proc", "proc")
    mount("sysfs", f"{root}/sys", "sysfs")
    if any(place != "/sys/fs/cgroup" for _, place, _ in found):
        mount("tmpfs", f"{root}/sys/fs/cgroup", "tmpfs", options="mode=755")
    for kind, place, options in found:
        Path(f"{root}{place}").mkdir(exist_ok=True)
        mount(kind, f"{root}{place}", kind, options=options)
    mount("tmpfs", f"{root}/run", "tmpfs", options="mode=755")
    make_devices(root)
    enter_root(root)
    _leave_room()


def _leave_room() -> None:
    """Go into a group of one's own: of version 2 only a group without processes gives its controllers to others."""
    tree = Path("/sys/fs/cgroup")
    if (tree / "cgroup.controllers").exists():
        (tree / "init").mkdir()
        (tree / "init" / "cgroup.procs").write_text("1", "ascii")
        wanted = " ".join(f"+{each}" for each in (tree / "cgroup.controllers").read_text("ascii").split())
        (tree / "cgroup.subtree_control").write_text(wanted, "ascii")


def run(command: str, environment: dict[str, str]) -> int:
    """Run the command and reap until it has ended; return its status."""
    child = os.posix_spawn("/bin/sh", ("sh", "-c", command), environment)
    while True:
        ended, status = os.wait()
        if ended == child:
            return os.waitstatus_to_exitcode(status)


def main() -> int:
    """Make the machine and run the commands; return the status of the first that fails."""
    root, checkout, *options = sys.argv[1:]
    told = [each.partition("=")[2] for each in options if each.startswith("--run=")]
    environment = {**os.environ, **_ENVIRONMENT}
    make_mounts(Path(root), tuple(each.partition("=")[2] for each in options if each.startswith("--bind=")))
    socket.sethostname(HOSTNAME)
    os.chdir(checkout)
    for command in told:
        sys.stdout.write(f"bare: {command}\n")
        sys.stdout.flush()
        status = run(command, environment)
        if status:
            sys.stdout.write(f"bare: `{command}` ended with {status}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
