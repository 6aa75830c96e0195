"""Control groups of the machine's own: a group below each hierarchy, the root of the tree that is seen inside.

Labs name their groups after a process id.  One inside may be that of another lab outside, so they share no tree.
"""

import os
import re
import shlex
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

_TREE = Path("/sys/fs/cgroup")
_NAME = "hairpin-bare-"
_END_LIMIT_S = 20.0


class Groups(msgspec.Struct, frozen=True):
    """``join``: commands of sh(1) that put their process into the groups.  ``second``: the group of version 2, if this
    machine has that hierarchy."""

    join: str
    second: Path | None = None


@contextmanager
def groups(name: str = _NAME) -> Generator[Groups]:
    """Make the groups, and remove them with what was made below when the block ends.  ``name``: what their names begin
    with; a process has one set of groups of each name."""
    found = hierarchies()
    made = tuple(Path(place, f"{name}{os.getpid()}") for _, place, _ in found)
    _remove(tuple(left for each in made for left in each.parent.glob(f"{name}*") if not _is_used(left, name)))
    try:
        for group in made:
            group.mkdir()
            for file in ("cpuset.cpus", "cpuset.mems"):  # of version 1: empty until somebody says which
                if (group / file).exists() and not (group / "cgroup.controllers").exists():
                    (group / file).write_text((group.parent / file).read_text("ascii"), "ascii")
        join = "\n".join(f"echo $$ > {shlex.quote(f'{group}/cgroup.procs')}" for group in made)
        second = next((group for group, (kind, _, _) in zip(made, found, strict=True) if kind == "cgroup2"), None)
        yield Groups(join, second)
    finally:
        _remove(made)


def _is_used(group: Path, name: str) -> bool:
    """Return whether the run that made the group still runs; a killed one has left it."""
    return Path("/proc", group.name.removeprefix(name)).exists()


def hierarchies() -> tuple[tuple[str, str, str], ...]:
    """Return kind, place and options of each mounted hierarchy: proc(5), mountinfo."""
    found: list[tuple[str, str, str]] = []
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split()[:3]
        place = fields.split()[4]
        if kind in ("cgroup", "cgroup2") and Path(place).is_relative_to(_TREE):
            found.append((kind, place, re.sub(r"\b(?:rw|ro|xattr|release_agent=[^,]*)(?:,|$)", "", options).strip(",")))
    return tuple(found)


def _remove(made: tuple[Path, ...]) -> None:
    """Remove the groups.  Each goes only when the kernel has ended the last of its processes."""
    until = time.monotonic() + _END_LIMIT_S
    while time.monotonic() < until and any(group.exists() for group in made):
        for group in made:
            for folder, _, _ in os.walk(group, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()
        time.sleep(0.1)
