"""The files that a package installs, by their paths: the one executable file, docker's plugin, man pages, completion.

No service comes with a package, and no file is a setting.  Only where somebody has started a guard of this program, its
removal stops the guard and removes its unit: a service whose program is gone fails at each boot.

Source: Debian Policy 9.1 and 12; Filesystem Hierarchy Standard 3.0; docker/cli cli-plugins/manager/manager_unix.go
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.cli.docker.link import LINK
from hairpin.guard.unit import NAME
from tools.release.pinned import ROOT

Family = Literal["deb", "rpm"]
PLUGINS = "usr/libexec/docker/cli-plugins"
_COMPLETION: dict[Family, dict[str, str]] = {
    "deb": {
        "hairpin.bash": "usr/share/bash-completion/completions/hairpin",
        "_hairpin": "usr/share/zsh/vendor-completions/_hairpin",
        "hairpin.fish": "usr/share/fish/vendor_completions.d/hairpin.fish",
    },
    "rpm": {
        "hairpin.bash": "usr/share/bash-completion/completions/hairpin",
        "_hairpin": "usr/share/zsh/site-functions/_hairpin",
        "hairpin.fish": "usr/share/fish/vendor_completions.d/hairpin.fish",
    },
}
"""Where each shell finds the completion of a package."""


_UNIT = f"/etc/systemd/system/{NAME}"
STOP_GUARD = f"""\
if grep -qs '^ExecStart=/usr/bin/hairpin ' {_UNIT}; then
    /usr/bin/hairpin guard remove >/dev/null || echo "hairpin: {_UNIT} could not be removed" >&2
fi
"""
"""The commands that stop the guard of this program, if there is one, before the program is removed."""
FORGET = f"[ -e {_UNIT} ] || rm -f /var/lib/hairpin/guard.db*\n"
"""The command that removes the history of guards, unless the guard of another hairpin keeps it.  Plans that can be
taken back, and the file of expectations, stay."""


class Entry(msgspec.Struct, frozen=True):
    """One file or link of a package.  ``path``: without the first slash.  ``link``: the target of a symbolic link."""

    path: str
    data: bytes = b""
    mode: int = 0o644
    link: str = ""


def entries(family: Family, machine: str, made: Path) -> tuple[Entry, ...]:
    """Return what the package installs, except for the files about the package itself.

    ``machine``: the kernel's name of it.  ``made``: the folder that ``make dist`` has written.  Raises
    FileNotFoundError if a part is missing there."""
    return (
        Entry("usr/bin/hairpin", (made / f"hairpin-{machine}").read_bytes(), 0o755),
        Entry(f"{PLUGINS}/{LINK}", link=f"{'../' * 3}bin/hairpin"),
        *(Entry(f"usr/share/man/man1/{page.name}.gz", packed(page.read_bytes())) for page in _pages(made)),
        *(Entry(path, (made / "completion" / name).read_bytes()) for name, path in _COMPLETION[family].items()),
    )


def _pages(made: Path) -> Iterator[Path]:
    found = sorted((made / "man").glob("*.1"))
    if not found:
        raise FileNotFoundError(made / "man")
    yield from found


def packed(data: bytes) -> bytes:
    """Return the data as gzip(1) writes it with ``-9 -n``: without a time, so that equal data gives equal bytes."""
    return gzip.compress(data, 9, mtime=0)


def package_version(version: str) -> str:
    """Return a version of Python in the form that dpkg and rpm sort: a pre-release comes before its release.

    Source: PEP 440; deb-version(7): a tilde sorts before everything"""
    for mark in ("a", "b", "rc", ".dev"):
        head, found, tail = version.partition(mark)
        if found and tail.isdecimal():
            return f"{head}~{mark.strip('.')}{tail}"
    return version


def lay_out(folder: Path, installed: tuple[Entry, ...]) -> None:
    """Write the entries below the folder, each folder with mode 755, whatever the umask is."""
    for each in installed:
        path = folder / each.path
        for parent in reversed(path.parents[: len(Path(each.path).parts) - 1]):
            parent.mkdir(exist_ok=True)
            parent.chmod(0o755)
        if each.link:
            path.symlink_to(each.link)
        else:
            path.write_bytes(each.data)
            path.chmod(each.mode)


def changes() -> bytes:
    """Return hairpin's list of changes."""
    return (ROOT / "CHANGELOG.md").read_bytes()
