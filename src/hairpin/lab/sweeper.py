"""Removes the cgroups that a lab's dockerd made, after the lab has ended.  The kernel does not remove cgroups together
with a namespace.

The sweeper is started as a plain script (``python -I -S sweeper.py NAME``) with a pipe as standard input.  The lab's
process, and every program that stays in the lab, holds the pipe's other end.  When the lab's process closes the lab or
dies, the programs end, too (PR_SET_PDEATHSIG).  When the last program has ended, the sweeper reads the end of the pipe
and removes the cgroups.
"""

import contextlib
import shutil
import sys
import time
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# The kernel frees a killed host's processes within milliseconds.  If a cgroup stays busy, the sweeper ends after this
# time.
PATIENCE_S = 60.0


def trees(name: str) -> tuple[Path, ...]:
    """Return the cgroup folders with the name: one in the unified tree, and one in each version 1 hierarchy."""
    return tuple(path for path in (CGROUPS / name, *CGROUPS.glob(f"*/{name}")) if path.is_dir())


def remove(tree: Path) -> None:
    """Remove a cgroup and the cgroups below it.  A cgroup is not removed while its processes have not ended (EBUSY).

    A paused container's processes are frozen and, in version 1, ignore SIGKILL until they are thawed.  Podman makes
    plain folders and files in place of a version 1 hierarchy that is not mounted.
    """
    if not (tree.parent / "cgroup.procs").exists():
        shutil.rmtree(tree, ignore_errors=True)
        return
    for state in tree.rglob("freezer.state"):
        with contextlib.suppress(OSError):
            state.write_text("THAWED")
    for folder in (*sorted((path for path in tree.rglob("*") if path.is_dir()), reverse=True), tree):
        with contextlib.suppress(OSError):
            folder.rmdir()


def main() -> None:
    """Wait for the end of standard input, then remove the cgroups."""
    sys.stdin.buffer.read()
    deadline = time.monotonic() + PATIENCE_S
    while left := trees(sys.argv[1]):
        for tree in left:
            remove(tree)
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)


if __name__ == "__main__":
    main()
