"""The folder that is the fresh machine's root: debootstrap's smallest Debian, set up as this machine is for fetching
packages, with a clone of HEAD.

What this machine says about mirrors, proxies, certificates and pip is read when it is needed, and copied.
"""

import ast
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.guests.packages import cache_folder, install, own_mirror, run
from tools.bare.first_process import HOSTNAME

SUITE = "bookworm"
PACKAGES = ("python3", "python3-venv", "git", "make")
"""What README asks for."""
CHECKOUT = "/root/hairpin"
_ROOT = Path(__file__).resolve().parents[2]
_AS_HERE = ("etc/resolv.conf",)
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_LABELS = ("Debian", "Debian-Security")


class Tree(msgspec.Struct, frozen=True):
    """The folder; ``bound``: this machine's folders that its pip reads; ``head``: the commit."""

    root: Path
    bound: tuple[Path, ...]
    head: str


@contextmanager
def fresh_tree() -> Generator[Tree]:
    """Yield a fresh tree, and remove it when the block ends; raises PackageError."""
    place = cache_folder("bare")
    place.mkdir(parents=True, exist_ok=True)
    _remove_left(place)
    root = place / f"run-{os.getpid()}"
    try:
        run(("cp", "-a", "--reflink=auto", str(_smallest(place)), str(root)))
        bound = _set_up(root)
        run(("git", "clone", "-q", "--no-hardlinks", str(_ROOT), f"{root}{CHECKOUT}"))
        head = run(("git", "-C", str(_ROOT), "rev-parse", "HEAD")).strip()
        run(("git", "-C", f"{root}{CHECKOUT}", "checkout", "-q", "--detach", head))
        yield Tree(root, bound, head[:12])
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _smallest(place: Path) -> Path:
    """Return debootstrap's folder, which is never run in; made unless it is there."""
    tree = place / f"{SUITE}-{'-'.join(PACKAGES)}"
    if not tree.is_dir():
        install(("debootstrap", "debootstrap"), ("git", "git"), ("unshare", "util-linux"))
        partial = place / f"{tree.name}.partial-{os.getpid()}"
        argv = (
            "debootstrap",
            "--variant=minbase",
            f"--include={','.join(PACKAGES)}",
            SUITE,
            str(partial),
            own_mirror(),
        )
        try:
            run(("unshare", "--mount", "--pid", "--fork", "--kill-child", *argv), {"LANG": "C.UTF-8"})
            partial.rename(tree)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return tree


def _remove_left(place: Path) -> None:
    """Remove the logs of earlier runs, and what those have left that were killed."""
    for left in (*place.glob("run-*"), *place.glob("*.partial-*"), *place.glob("log-*")):
        if Path("/proc", left.name.rpartition("-")[2]).exists():
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink()


def _set_up(root: Path) -> tuple[Path, ...]:
    """Let apt and pip fetch packages as on this machine; return the folders that pip reads them from."""
    for name in _AS_HERE:
        (root / name).unlink(missing_ok=True)
        shutil.copy(f"/{name}", root / name)
    (root / "etc/hostname").write_text(f"{HOSTNAME}\n", "ascii")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {HOSTNAME}\n::1 localhost\n", "ascii")
    (root / "etc/apt/sources.list").write_text("".join(f"deb {each}\n" for each in _sources()), "ascii")
    settings = run(("apt-config", "dump", "Acquire"))
    (root / "etc/apt/apt.conf.d/90as-here").write_text(settings, "utf-8")
    if _CERTIFICATES.is_dir():
        shutil.copytree(_CERTIFICATES, f"{root}{_CERTIFICATES}", dirs_exist_ok=True)
    return _set_up_pip(root)


def _sources() -> tuple[str, ...]:
    """Return mirror, suite and component of each part of Debian that this machine's apt knows of the suite."""
    shown = "$(LABEL) $(REPO_URI) $(RELEASE) $(COMPONENT)"
    listed = run(("apt-get", "indextargets", "--format", shown, "Created-By: Packages")).splitlines()
    found = dict.fromkeys(each.partition(" ")[2] for each in listed if each.partition(" ")[0] in _LABELS)
    return tuple(each for each in found if each.split()[1].startswith(SUITE)) or (f"{own_mirror()} {SUITE} main",)


def _set_up_pip(root: Path) -> tuple[Path, ...]:
    """Write this machine's settings of pip; copy the files that they name, and return the folders."""
    argv = ("python3", "-m", "pip", "config", "list")
    listed = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/").stdout
    settings = dict(settings_of_pip(listed))
    lines = "".join(f"{name} = {text}\n" for name, text in settings.items())
    (root / "etc/pip.conf").write_text(f"[global]\n{lines}", "utf-8")
    folders: set[Path] = set()
    for path in (path for text in settings.values() for path in paths_in(text)):
        if path.is_dir():
            # An index may lead to the folder beside it that has the files.
            folders.add(path.parent if path.name == "simple" else path)
        elif path.is_file():
            Path(f"{root}{path.parent}").mkdir(parents=True, exist_ok=True)
            shutil.copy(path, f"{root}{path}")
    return tuple(sorted(folders))


def paths_in(text: str) -> tuple[Path, ...]:
    """Return the paths among the words of a setting, also those of ``file:`` addresses."""
    words = (each.removeprefix("file://") for each in text.split())
    return tuple(Path(each) for each in words if each.startswith("/"))


def settings_of_pip(listed: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of what files and environment set, as ``pip config list`` lists it; the last of a name
    holds."""
    for line in sorted(listed.splitlines(), reverse=True):  # the environment's, which begin with a colon, win
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in ("global", "install", ":env:"):
            yield key, " ".join(str(ast.literal_eval(value)).split())
