"""The package in clean roots of Debian's suites: by apt, upgraded and purged by dpkg."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.packages.root import Root, suite_folder, throw_away
from tests.packages.used import faults_of_use

SUITES = ("bullseye", "bookworm", "trixie", "sid")
OLDER = "0.0.9-1"
LEFT = "usr/share/doc/hairpin/older"
"""A file that only the older package has."""


def older_deb(package: Path, folder: Path) -> Path:
    """Return a copy of the package with a lower version and one more file."""
    tree, older = folder / "tree", folder / "older.deb"
    subprocess.run(("dpkg-deb", "-R", str(package), str(tree)), check=True)
    control = (tree / "DEBIAN" / "control").read_text("utf-8").splitlines()
    lines = (f"Version: {OLDER}" if line.startswith("Version: ") else line for line in control)
    (tree / "DEBIAN" / "control").write_text("\n".join(lines) + "\n", "utf-8")
    (tree / LEFT).write_text("older\n")
    subprocess.run(
        ("dpkg-deb", "--root-owner-group", "-Zxz", "-b", str(tree), str(older)), check=True, stdout=subprocess.DEVNULL
    )
    return older


def faults_in_suite(suite: str, package: Path) -> tuple[str, ...]:
    """Return what goes wrong with the package in a clean root of the suite."""
    with tempfile.TemporaryDirectory() as folder, throw_away(suite_folder(suite)) as root:
        return tuple(_faults(root, package, older_deb(package, Path(folder))))


def _faults(root: Root, package: Path, older: Path) -> Iterator[str]:
    new, old = root.bring(package, "tmp/new.deb"), root.bring(older, "tmp/old.deb")
    before = root.listing()
    alone = ("-o", "Dir::Etc::SourceList=/dev/null", "-o", "APT::Sandbox::User=root")
    got = root.run("apt-get", "install", "-y", "--no-install-recommends", *alone, old)
    if got.status:
        yield f"apt-get install: {got.all.strip()[-300:]}"
    if not (root.path / LEFT).exists():
        yield "the older package is not there"
    got = root.run("dpkg", "-i", new)
    if got.status or got.err:
        yield f"dpkg -i: {got.status} {got.all.strip()[-300:]}"
    if (root.path / LEFT).exists():
        yield f"the upgrade has left /{LEFT}"
    said = root.run("dpkg", "-V", "hairpin")
    if said.status or said.out:
        yield f"dpkg -V: {said.all.strip()[-300:]}"
    if root.run("dpkg-query", "-W", "-f", "${Conffiles}", "hairpin").out.strip():
        yield "the package has configuration files"
    yield from faults_of_use(root)
    _remove_brought(root)
    got = root.run("dpkg", "-P", "hairpin")
    if got.status:
        yield f"dpkg -P: {got.all.strip()[-300:]}"
    yield from (f"purged, and still there: {each}" for each in sorted(root.listing() - before))
    yield from (f"purged with it: {each}" for each in sorted(before - root.listing()))


def _remove_brought(root: Root) -> None:
    """Remove the docker command that the test has brought."""
    (root.path / "usr/local/bin/docker").unlink(missing_ok=True)
