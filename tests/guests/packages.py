"""Gets Debian's kernels with apt, from the archive that the machine's own apt is configured with, and unpacks them.

Nothing is installed: a configuration of apt's own in the cache folder names the other suites, apt verifies their
signatures with Debian's archive keys, and the packages are unpacked beside it.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import msgspec

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PROGRAMS = (
    ("qemu-system-x86_64", "qemu-system-x86"), ("depmod", "kmod"), ("xz", "xz-utils"), ("zstd", "zstd"),
    ("busybox", "busybox-static"), ("dpkg-deb", "dpkg"),
)  # fmt: skip
SUITES = {"5.10": "bullseye", "6.1": "bookworm", "6.12": "trixie", "sid": "sid"}
"""The suite that has each kernel; sid has the newest one."""


class PackageError(Exception):
    """A package is not available; has apt's error, or the name of the missing tool."""


class Kernel(msgspec.Struct, frozen=True):
    """An unpacked kernel: its release, its image and the folder of its modules (below ``lib/modules/RELEASE``)."""

    name: str
    release: str
    image: Path
    modules: Path


def cache_folder(name: str = "kernels") -> Path:
    """Return a folder outside of the repository that all runs share: that of the kernels, or another one."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "hairpin" / name


def install_programs(*more: tuple[str, str]) -> None:
    """Install the missing programs for booting guests; ``make setup-lab`` leaves them out, since few need them.

    ``more``: further programs, each with its package.
    """
    install(*_PROGRAMS, *more)


def install(*programs: tuple[str, str]) -> None:
    """Install the packages of those programs that are missing."""
    missing = [package for program, package in programs if shutil.which(program, path=_path()) is None]
    if not missing:
        return
    run(("apt-get", "update", "-q"))
    # RUNLEVEL=1: invoke-rc.d(8) starts none of the packages' services.
    run(("apt-get", "install", "-q", "-y", "--no-install-recommends", *missing),
         {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"})  # fmt: skip


def kernel(name: str, folder: Path, mirror: str | None = None) -> Kernel:
    """Return the newest kernel of that name (see SUITES), fetched and unpacked unless it is there."""
    apt = _Apt(folder / "apt" / name, SUITES[name], mirror or own_mirror())
    apt.update()
    (image,) = _matching(r"linux-image-(\d\S*)", apt.depends("linux-image-amd64"))
    release = image.removeprefix("linux-image-")
    place = folder / release
    if not place.is_dir():
        # Newer ones come in parts: the image's package depends on those of the binary and of the modules.
        parts = [each for each in apt.depends(image) if re.match(r"linux-(base|binary|modules)-\d", each)]
        _unpack(apt.download((image, *parts)), release, place)
    return Kernel(name, release, place / "vmlinuz", place / "lib" / "modules" / release)


def own_mirror() -> str:
    """Return the address of the Debian archive that this machine's apt uses."""
    lines = run(("apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"))
    for line in lines.splitlines():
        address, _, labels = line.partition(" ")
        if labels == "Debian Debian":
            return address
    raise PackageError("this machine's apt knows no Debian archive: name one with --mirror")


class _Apt:
    """apt with a configuration, lists and a cache of its own: one suite, nothing installed."""

    def __init__(self, folder: Path, suite: str, mirror: str) -> None:
        self.folder = folder
        for name in ("state/lists/partial", "cache/archives/partial", "packages", "none"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        if not Path(_KEYRING).exists():
            raise PackageError(f"{_KEYRING} is missing: install debian-archive-keyring")
        (folder / "status").touch()
        (folder / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {mirror} {suite} main\n", "utf-8")
        config = folder / "apt.conf"
        options = {
            "Dir::State": folder / "state", "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
            "Dir::Etc::SourceList": folder / "sources.list", "Dir::Etc::SourceParts": folder / "none",
            "Dir::Etc::PreferencesParts": folder / "none", "Dir::Etc::Preferences": "/dev/null",
            "APT::Architecture": "amd64", "APT::Sandbox::User": "root", "Acquire::Languages": "none",
        }  # fmt: skip
        text = "".join(f'{key} "{value}";\n' for key, value in options.items())
        config.write_text(text + '#clear APT::Architectures;\nAPT::Architectures { "amd64"; };\n', "utf-8")
        self.environment = {"APT_CONFIG": str(config)}

    def update(self) -> None:
        run(("apt-get", "update", "-q"), self.environment)

    def depends(self, package: str) -> list[str]:
        """Return the names of the packages that the newest version depends on."""
        shown = run(("apt-cache", "show", "--no-all-versions", package), self.environment)
        found = re.search(r"^Depends: (.*)$", shown, re.MULTILINE)
        return [each.split()[0] for each in re.split(r"[,|]", found[1])] if found else []

    def download(self, packages: tuple[str, ...]) -> list[Path]:
        """Return the files of the packages."""
        folder = self.folder / "packages"
        run(("apt-get", "download", "-q", *packages), self.environment, folder)
        return [next(folder.glob(f"{package}_*.deb")) for package in packages]


def _matching(pattern: str, names: list[str]) -> list[str]:
    return [each for each in names if re.fullmatch(pattern, each)][:1]


def _unpack(packages: list[Path], release: str, place: Path) -> None:
    """Unpack the packages as ``vmlinuz`` and ``lib/modules/RELEASE``, whatever their layout."""
    partial = place.with_name(f"{release}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for package in packages:
        run(("dpkg-deb", "-x", str(package), str(partial / "unpacked")))
        package.unlink()
    (modules,) = (partial / "unpacked").rglob(f"lib/modules/{release}")
    (image,) = {path for path in (partial / "unpacked").rglob("vmlinuz*") if path.is_file()}
    (partial / "lib" / "modules").mkdir(parents=True)
    image.rename(partial / "vmlinuz")
    modules.rename(partial / "lib" / "modules" / release)
    shutil.rmtree(partial / "unpacked")
    run(("depmod", "-b", str(partial), release))
    partial.rename(place)


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def run(argv: tuple[str, ...], environment: dict[str, str] | None = None, folder: Path | None = None) -> str:
    """Run a program, with root's PATH; return its output, or raise PackageError with its complaint."""
    done = subprocess.run(
        argv, env={**os.environ, "PATH": _path(), **(environment or {})}, cwd=folder, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise PackageError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
