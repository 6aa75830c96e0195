"""Outlives a lab by a moment and removes the one thing that no namespace holds: the cgroups that its dockerd made.

Started as a plain script (``python -I -S sweeper.py NAME``) with a pipe as standard input. The pipe ends when the lab is closed or its
process dies, however it dies; then the hosts end too (PR_SET_PDEATHSIG), and their cgroups can be removed once they are empty.
"""

import sys
import time
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# The kernel frees a killed host's processes within milliseconds; a bound keeps the sweeper from staying behind itself.
PATIENCE_S = 20.0


def trees(name: str) -> tuple[Path, ...]:
    """Return the folders of this name: one in the unified tree, one in each version 1 hierarchy."""
    return tuple(path for path in (CGROUPS / name, *CGROUPS.glob(f"*/{name}")) if path.is_dir())


def remove(tree: Path) -> bool:
    """Remove a cgroup and those below it; return whether it is gone."""
    for folder in sorted((path for path in tree.rglob("*") if path.is_dir()), reverse=True):
        remove_one(folder)
    return remove_one(tree)


def remove_one(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # EBUSY: a process has not ended yet
        return False
    return True


def main() -> None:
    """Wait for the end of standard input, then remove the cgroups."""
    sys.stdin.buffer.read()
    deadline = time.monotonic() + PATIENCE_S
    while not all([remove(tree) for tree in trees(sys.argv[1])]) and time.monotonic() < deadline:
        time.sleep(0.01)


if __name__ == "__main__":
    main()
