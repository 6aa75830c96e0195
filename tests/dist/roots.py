"""Clean roots: the smallest systems of Debian's suites, one with nothing but busybox, one with musl instead of
glibc."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.guests.packages import cache_folder, install, own_mirror, run

SUITES = ("bullseye", "bookworm", "trixie", "sid")
_NEEDED = ("proc", "dev", "tmp", "root", "bin", "lib", "etc")
_APPLETS = ("sh", "cat", "ls", "mount", "id")


def roots(wanted: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Yield each root's name and folder, made unless it is there.  Raises PackageError."""
    place = cache_folder("dist")
    place.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        folder = place / name
        if not (folder / "made").exists():
            _make(name, folder)
            (folder / "made").touch()
        yield name, folder


def _make(name: str, folder: Path) -> None:
    if name in SUITES:
        install(("debootstrap", "debootstrap"))
        run(("rm", "-rf", str(folder)))
        run(("debootstrap", "--variant=minbase", name, str(folder), own_mirror()))
        return
    install(("/bin/busybox", "busybox-static"))
    for each in _NEEDED:
        (folder / each).mkdir(parents=True, exist_ok=True)
    busybox = folder / "bin/busybox"
    busybox.write_bytes(Path("/bin/busybox").read_bytes())
    busybox.chmod(0o755)
    for each in _APPLETS:
        (folder / "bin" / each).unlink(missing_ok=True)
        (folder / "bin" / each).symlink_to("busybox")
    if name == "musl":
        _add_musl(folder)


def _add_musl(folder: Path) -> None:
    """Add musl's loader and library, which Debian's package has."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(("apt-get", "-q", "download", "musl"), cwd=name, check=True, capture_output=True)
        package = next(Path(name).glob("musl_*.deb"))
        run(("dpkg-deb", "-x", str(package), str(folder)))
