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
    """``join``: commands of sh(1) that put their process into the groups."""

    join: str


@contextmanager
def groups() -> Generator[Groups]:
    """Make the groups, and remove them with what was made below when the block ends."""
    places = tuple(Path(place) for _, place, _ in hierarchies())
    made = tuple(place / f"{_NAME}{os.getpid()}" for place in places)
    _remove(tuple(left for place in places for left in place.glob(f"{_NAME}*") if not _is_used(left)))
    try:
        for group in made:
            group.mkdir()
            for file in ("cpuset.cpus", "cpuset.mems"):  # of version 1: empty until somebody says which
                if (group / file).exists() and not (group / "cgroup.controllers").exists():
                    (group / file).write_text((group.parent / file).read_text("ascii"), "ascii")
        yield Groups("\n".join(f"echo $$ > {shlex.quote(f'{group}/cgroup.procs')}" for group in made))
    finally:
        _remove(made)


def _is_used(group: Path) -> bool:
    """Return whether the run that made the group still runs; a killed one has left it."""
    return Path("/proc", group.name.removeprefix(_NAME)).exists()


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
