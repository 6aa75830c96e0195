"""The configuration files that set a sysctl, and the file whose value is in effect.

Files are read in this order, and a later value wins: first every ``*.conf`` of /usr/lib/sysctl.d, /run/sysctl.d and
/etc/sysctl.d, sorted by the base name of the file, whatever its folder; then ``/etc/sysctl.conf``, which sysctl(8)
reads last.  (systemd-sysctl reads ``/etc/sysctl.conf`` only through a link such as Debian's
/etc/sysctl.d/99-sysctl.conf.)  When ufw starts, it applies /etc/ufw/sysctl.conf, which is later than all of these
files.

Source: sysctl.d(5), sysctl(8) --system, ufw-framework(8)
"""

import re
from fnmatch import fnmatchcase
from functools import lru_cache

import msgspec

from hairpin.host.managers import ConfigFile
from hairpin.host.sysctl import Path

SYSCTL_CONF = "/etc/sysctl.conf"
UFW_SYSCTL = "/etc/ufw/sysctl.conf"
FORWARDING: tuple[Path, ...] = (("net", "ipv4", "ip_forward"), ("net", "ipv4", "conf", "all", "forwarding"))
"""Two sysctls that share one value, the switch for IPv4 forwarding."""
_ASSIGNMENT = re.compile(r"^\s*-?\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$")


class Setting(msgspec.Struct, frozen=True):
    """A line of a file that sets a sysctl.  ``line``: the line's number, from 1."""

    file: str
    line: int
    value: str
    evidence: str = ""


def is_sysctl_file(path: str) -> bool:
    """Return whether the path is the path of a file that sets sysctls."""
    return path in (SYSCTL_CONF, UFW_SYSCTL) or ("/sysctl.d/" in path and path.endswith(".conf"))


def settings(path: Path, files: tuple[ConfigFile, ...]) -> tuple[Setting, ...]:
    """Return every line that sets the sysctl, in the order in which the lines take effect."""
    return _settings((path,), files)


def last_word(path: Path, files: tuple[ConfigFile, ...]) -> Setting | None:
    """Return the line that sets the sysctl last, by any of its names; None if no file sets it."""
    said = _settings(FORWARDING if path in FORWARDING else (path,), files)
    return said[-1] if said else None


def _settings(names: tuple[Path, ...], files: tuple[ConfigFile, ...]) -> tuple[Setting, ...]:
    read = (each for each in files if is_sysctl_file(each.path) and not _is_hidden(each.path, files))
    found = [setting for file in read for written, setting in assignments_of(file) if _names_one_of(written, names)]
    return tuple(sorted(found, key=lambda each: _rank(each.file)))


def assignments(files: tuple[ConfigFile, ...]) -> tuple[tuple[Path, Setting], ...]:
    """Return every key that ``sysctl --system`` sets, as the file writes it, in the order of application.

    A file hides a file of the same name in a folder that comes later in ``_FOLDERS``.  A pattern does not set a key
    that some file writes in full.
    Source: sysctl.d(5), sysctl.conf(5)"""
    read = sorted((each for each in files if _is_of_system(each.path, files)), key=lambda each: _rank(each.path))
    return tuple(each for file in read for each in assignments_of(file))


@lru_cache(maxsize=256)  # each sysctl that an event changes is sought in the same files
def assignments_of(file: ConfigFile) -> tuple[tuple[Path, Setting], ...]:
    """Return every key that the file sets, as the file writes it, in the order of the file."""
    return tuple(
        (key_parts(found[1]), Setting(file.path, number, found[2], file.evidence))
        for number, line in enumerate(file.text.split("\n"), 1)
        if (found := _ASSIGNMENT.match(line)) is not None
    )


def is_pattern(path: Path) -> bool:
    """Return whether the key of a sysctl is a pattern with wildcards."""
    return any(character in part for part in path for character in "*?[")


_FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


def _is_of_system(path: str, files: tuple[ConfigFile, ...]) -> bool:
    """Return whether ``sysctl --system`` reads the file: the file is in a folder that the command searches, and no
    earlier folder has a file of the same name."""
    if path == SYSCTL_CONF:
        return True
    folder, _, name = path.rpartition("/")
    return folder in _FOLDERS and name.endswith(".conf") and not _is_hidden(path, files)


def _is_hidden(path: str, files: tuple[ConfigFile, ...]) -> bool:
    """Return whether a folder that comes earlier in ``_FOLDERS`` has a file of the same name."""
    folder, _, name = path.rpartition("/")
    if folder not in _FOLDERS:
        return False
    before = {f"{each}/{name}" for each in _FOLDERS[: _FOLDERS.index(folder)]}
    return any(each.path in before for each in files)


def _rank(file: str) -> tuple[int, str]:
    if file == UFW_SYSCTL:
        return (2, "")
    return (1, "") if file == SYSCTL_CONF else (0, file.rpartition("/")[2])


def _names_one_of(written: Path, paths: tuple[Path, ...]) -> bool:
    """Return whether the key of a sysctl file, in parts that may have wildcards, names one of the paths."""
    return any(len(written) == len(path) and all(map(_fits, path, written)) for path in paths)


def _fits(own: str, part: str) -> bool:
    return own == part or (any(character in part for character in "*?[") and fnmatchcase(own, part))


def key_parts(written: str) -> Path:
    """Return the parts of a key, such as ``net.ipv4.conf.eth0/100.rp_filter`` or ``net/ipv4/conf/eth0.100/rp_filter``.

    The separator of the key is the dot or the slash, whichever occurs first in the key.  If the separator is the dot, a
    slash stands for a dot inside a part.
    """
    first = next((character for character in written if character in "./"), ".")
    return tuple(part.replace("/", ".") if first == "." else part for part in written.split(first))


def file_after(path: Path, files: tuple[ConfigFile, ...]) -> str:
    """Return the path of a new file in /etc/sysctl.d that sorts after all sysctl.d files that set the key."""
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join(part for part in path if part not in ("net", "conf")).lower())
    names = FORWARDING if path in FORWARDING else (path,)
    taken = [setting.file.rpartition("/")[2] for setting in _settings(names, files) if "/sysctl.d/" in setting.file]
    last = max(taken, default="")
    for prefix in ("99-hairpin", "99-zz-hairpin", "zz-hairpin", "zzzz-hairpin"):
        name = f"{prefix}-{slug}.conf"
        if name > last:
            return f"/etc/sysctl.d/{name}"
    return f"/etc/sysctl.d/{last.removesuffix('.conf')}.hairpin-{slug}.conf"
