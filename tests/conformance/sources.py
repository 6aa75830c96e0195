"""Other people's tests, from Debian's source packages, outside of this repository.

They are under licences of their own, so nothing of them is kept here.  The mirrors are those that this machine's apt is
configured with; their ``deb-src`` side is asked through a private list, so apt's own configuration stays as it is.
"""

import os
import subprocess
import tarfile
from pathlib import Path

_TARGETS = "$(REPO_URI) $(RELEASE) $(COMPONENT)"


class SourceUnavailableError(Exception):
    """The package could not be had; says what apt said."""


def cache() -> Path:
    """Return the directory that packages are kept in between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "hairpin-conformance"


def unpacked(package: str, at: Path) -> Path:
    """Return the package's source tree below ``at``, fetched if it is not there yet."""
    tree = kept(package, at)
    if tree is not None:
        return tree
    archives = at / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    _fetch(package, archives, at / "apt")
    (archive,) = archives.glob(f"{package}_*.orig.tar.*[!c]")
    with tarfile.open(archive) as tar:
        tar.extractall(at / package, filter="data")
    return unpacked(package, at)


def kept(package: str, at: Path) -> Path | None:
    """Return the package's source tree below ``at``, or None."""
    trees = sorted(path for path in (at / package).glob("*") if path.is_dir())
    return trees[-1] if trees else None


def _fetch(package: str, archives: Path, private: Path) -> None:
    options = _private_configuration(private)
    for command in (("update",), ("source", "--download-only", package)):
        done = subprocess.run(
            ("apt-get", *options, *command), cwd=archives, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("E:")]
            raise SourceUnavailableError(f"{package}: apt-get {command[0]}: {'; '.join(said)}")


def _private_configuration(private: Path) -> tuple[str, ...]:
    """Return apt options for a list of this machine's own mirrors, asked for sources."""
    (private / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    argv = ("apt-get", "indextargets", "--format", _TARGETS, "Created-By: Packages")
    targets = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split("\n")
    lines = [f"deb-src {target}\n" for target in filter(None, dict.fromkeys(targets))]
    (private / "sources.list").write_text("".join(lines), "utf-8")
    settings = {
        "Dir::Etc::sourcelist": private / "sources.list", "Dir::Etc::sourceparts": private / "none",
        "Dir::State::lists": private / "lists", "Dir::Cache": private, "APT::Sandbox::User": "root",
    }  # fmt: skip
    return tuple(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))
