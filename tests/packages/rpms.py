"""The package in a root of its own: rpm's database, a shell, and nothing else.

No registry that this project uses has packages of Fedora, RHEL or SUSE, so their own roots are not tried.
"""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.packages.root import Ended, Root, throw_away
from tests.packages.used import faults_of_use
from tools.release.commit import commit_time
from tools.release.packages.rpm import rpm_version, write_rpm


def faults_of_rpm(package: Path, made: Path) -> tuple[str, ...]:
    """Return what goes wrong with the package.  ``made``: the folder of the release."""
    with tempfile.TemporaryDirectory() as folder:
        lower = Path(folder) / "root"
        for each in ("usr/bin", "tmp", "var/lib", "root", "usr/local/bin"):
            (lower / each).mkdir(parents=True)
        shutil.copy("/bin/busybox", lower / "usr/bin/busybox")
        for name in ("sh", "cat", "uname"):
            (lower / "usr/bin" / name).symlink_to("busybox")
        (lower / "bin").symlink_to("usr/bin")
        (lower / "dev").mkdir()
        os.mknod(lower / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))  # docker starts its plugins with it
        older = _older(made, Path(folder))
        with throw_away(lower) as root:
            return tuple(_faults(root, package, older))


def _older(made: Path, folder: Path) -> Path:
    """Return a package with a lower version."""
    copy = folder / "made"
    shutil.copytree(made, copy)
    return write_rpm("x86_64", copy, commit_time(), "0.0.9")


def _rpm(root: Root, *words: str) -> Ended:
    """Run this machine's rpm on the root's database.  Debian's rpm warns of its use, but for ``--force-debian``."""
    command = ("rpm", "--force-debian", "--root", str(root.path), "--dbpath", "/var/lib/rpm", *words)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return Ended(done.returncode, done.stdout, done.stderr)


def _faults(root: Root, package: Path, older: Path) -> Iterator[str]:
    _rpm(root, "--initdb")
    before = root.listing()
    for words in (("-i", str(older)), ("-U", str(package))):
        got = _rpm(root, *words)
        if got.status or got.all.strip():
            yield f"rpm {words[0]}: {got.status} {got.all.strip()[-300:]}"
    if _rpm(root, "-q", "hairpin").out.strip() != f"hairpin-{rpm_version()}.x86_64":
        yield f"rpm -q: {_rpm(root, '-q', 'hairpin').all.strip()}"
    if _rpm(root, "-V", "hairpin").all.strip():
        yield f"rpm -V: {_rpm(root, '-V', 'hairpin').all.strip()}"
    if _rpm(root, "-q", "--scripts", "--configfiles", "hairpin").out.strip():
        yield "the package has scripts or configuration files"
    yield from faults_of_use(root)
    (root.path / "usr/local/bin/docker").unlink(missing_ok=True)
    got = _rpm(root, "-e", "hairpin")
    if got.status:
        yield f"rpm -e: {got.all.strip()[-300:]}"
    # `usr/share` itself belongs to the package `filesystem`, which this root lacks.
    empty = {each for each in root.listing() - before if (root.path / each).is_dir()}
    yield from (f"removed, and still there: {each}" for each in sorted(root.listing() - before - empty))
    yield from (f"removed, and still there: {each}" for each in sorted(empty) if "hairpin" in each or "docker" in each)
