"""Other people's tests, from Debian's source packages, outside of this repository.

They are under licences of their own, so nothing of them is kept here.  The mirrors are those that this machine's apt is
configured with; their ``deb-src`` side is asked through a private list, so apt's own configuration stays as it is.
"""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

_TARGETS = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
_INSIDE = ("extensions", "tests/py", "test/testfiles")
"""Where a tree of iptables, one of nftables and one of netavark has its tests."""
_REPOSITORIES = {"netavark": "https://github.com/containers/netavark"}
"""Sources of which Debian's packages leave the tests out, or whose versions its mirrors do not keep."""


class SourceUnavailableError(Exception):
    """The package could not be had; says what apt said."""


def cache() -> Path:
    """Return the directory that packages are kept in between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "hairpin-conformance"


def unpacked(package: str, at: Path, *, suite: str | None = None) -> None:
    """Put the package's source tree below ``at``; ``suite`` None: the version of this machine's own release."""
    archives = at / "archives" / (suite or "here")
    if not any(archives.glob(f"{package}_*.orig.tar.*[!c]")) or not _trees(at / package):
        archives.mkdir(parents=True, exist_ok=True)
        _fetch(package, archives, _private_configuration(at / "apt" / (suite or "here"), suite))
        (archive,) = archives.glob(f"{package}_*.orig.tar.*[!c]")
        with tarfile.open(archive) as tar:
            tar.extraction_filter = getattr(tarfile, "data_filter", None)  # from Python 3.11.4 on
            tar.extractall(at / package)  # noqa: S202 - Debian signs its archives


def cloned(package: str, version: str, at: Path) -> None:
    """Put the source tree of that version below ``at``, from the package's own repository."""
    tree = at / package / f"{package}-{version}"
    if not tree.is_dir():
        tree.parent.mkdir(parents=True, exist_ok=True)
        partial = tree.with_name(f"{tree.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        argv = (
            "git",
            "clone",
            "--quiet",
            "--depth",
            "1",
            "--branch",
            f"v{version}",
            _REPOSITORIES[package],
            str(partial),
        )
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SourceUnavailableError(f"{package} {version}: {done.stderr.strip()}")
        partial.rename(tree)


def chosen(package: str, version: str, at: Path) -> Path | None:
    """Return the tree of that version, else the newest before it, else the oldest; None without any.

    ``at`` is the cache, or what the environment names: a tree, or a directory of trees.
    """
    trees = sorted(_trees(at), key=lambda tree: _ordered(_version(package, tree)))
    fitting = [tree for tree in trees if _ordered(_version(package, tree)) <= _ordered(version)]
    return fitting[-1] if fitting else trees[0] if trees else None


def _trees(at: Path) -> list[Path]:
    if any((at / inside).is_dir() for inside in _INSIDE):
        return [at]
    return [path for path in at.glob("*") if path.is_dir()]


def _version(package: str, tree: Path) -> str:
    return tree.resolve().name.removeprefix(f"{package}-")


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _fetch(package: str, archives: Path, options: tuple[str, ...]) -> None:
    for command in (("update",), ("source", "--download-only", package)):
        done = subprocess.run(
            ("apt-get", *options, *command), cwd=archives, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("E:")]
            raise SourceUnavailableError(f"{package}: apt-get {command[0]}: {'; '.join(said)}")


def _private_configuration(private: Path, suite: str | None) -> tuple[str, ...]:
    """Return apt options for a list of this machine's own mirrors, asked for sources."""
    (private / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    if suite is None:
        argv = ("apt-get", "indextargets", "--format", _TARGETS, "Created-By: Packages")
        targets = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split("\n")
        lines = [f"deb-src {target}\n" for target in filter(None, dict.fromkeys(targets))]
    else:
        lines = [f"deb-src {mirror()} {suite} main\n"]
    (private / "sources.list").write_text("".join(lines), "utf-8")
    settings = {
        "Dir::Etc::sourcelist": private / "sources.list", "Dir::Etc::sourceparts": private / "none",
        "Dir::State::lists": private / "lists", "Dir::Cache": private, "APT::Sandbox::User": "root",
    }  # fmt: skip
    return tuple(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))


def mirror() -> str:
    """Return where this machine's apt gets Debian from."""
    asked = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian")
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    if not found:
        raise SourceUnavailableError("this machine's apt knows no mirror of Debian")
    return found[0]
