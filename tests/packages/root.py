"""A throw-away root: a folder below an overlay, so that whatever runs in it leaves the folder as it was."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.guests.packages import cache_folder, own_mirror, run

_LOGIN = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}  # fmt: skip
IGNORED = ("var/lib/dpkg", "var/lib/rpm", "var/log", "var/cache", "var/lib/apt", "proc", "dev", "sys", "tmp", "run")
"""What the managers of packages write for themselves."""


class Ended(msgspec.Struct, frozen=True):
    """How a command ended in a root."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


class Root(msgspec.Struct, frozen=True):
    """A folder that programs see as ``/``."""

    path: Path

    def run(self, *command: str) -> Ended:
        """Run the command in the root, as root, with the environment of a login."""
        done = subprocess.run(
            ("chroot", str(self.path), *command), env=_LOGIN,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    def bring(self, file: Path, place: str) -> str:
        """Copy a file of this machine into the root, and return its path there."""
        shutil.copy(file, self.path / place)
        return f"/{place}"

    def listing(self) -> frozenset[str]:
        """Return the paths of all files and folders, but for what managers of packages write for themselves."""
        found: set[str] = set()
        for folder, folders, files in os.walk(self.path):
            below = Path(folder).relative_to(self.path).as_posix()
            folders[:] = [each for each in folders if f"{below}/{each}".removeprefix("./") not in IGNORED]
            found |= {f"{below}/{each}" for each in (*folders, *files)}
        return frozenset(found)


@contextmanager
def throw_away(lower: Path) -> Generator[Root]:
    """Yield a root above the folder; what is written there is lost.  Needs a mount namespace of the caller's own."""
    scratch = Path("/run/hairpin-packages")
    scratch.mkdir(exist_ok=True)
    subprocess.run(("mount", "-t", "tmpfs", "tmpfs", str(scratch)), check=True)
    upper, work, merged = (scratch / each for each in ("upper", "work", "merged"))
    for each in (upper, work, merged):
        each.mkdir()
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    subprocess.run(("mount", "-t", "overlay", "overlay", "-o", options, str(merged)), check=True)
    (merged / "proc").mkdir(exist_ok=True)
    subprocess.run(("mount", "-t", "proc", "proc", str(merged / "proc")), check=True)
    try:
        yield Root(merged)
    finally:
        for each in (merged / "proc", merged, scratch):
            subprocess.run(("umount", "-l", str(each)), check=False)


def suite_folder(suite: str) -> Path:
    """Return the folder with debootstrap's smallest root of the suite; made unless it is there, and never run in."""
    folder = cache_folder("roots") / suite
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = folder.with_name(f"{suite}.partial-{os.getpid()}")
        try:
            run(("debootstrap", "--variant=minbase", suite, str(partial), own_mirror()), {"LANG": "C.UTF-8"})
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder
