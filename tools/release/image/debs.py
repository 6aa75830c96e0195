"""Debian's packages of the image: at the versions and with the hashes of ``debian.lock``, kept in a folder.

apt fetches them from the mirrors that this machine is configured with, for any architecture, by lists of its own in the
folder: the machine's own lists, and what is installed here, stay as they are.
"""

import io
import re
import shutil
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import msgspec

from tools.release.pinned import ARCHITECTURES, ROOT

LOCK = Path(__file__).with_name("debian.lock")
CACHE = ROOT / ".venv" / "debs"
"""The folder that keeps the packages."""
PACKAGES = (
    "busybox-static", "conntrack", "iproute2", "ipset", "iptables", "nftables", "wireguard-tools",
    # the libraries of their programs
    "libbpf1", "libbsd0", "libc6", "libcap2", "libcom-err2", "libedit2", "libelf1", "libgmp10", "libgssapi-krb5-2",
    "libip4tc2", "libip6tc2", "libipset13", "libjansson4", "libk5crypto3", "libkeyutils1", "libkrb5-3",
    "libkrb5support0", "libmd0", "libmnl0", "libnetfilter-conntrack3", "libnfnetlink0", "libnftables1", "libnftnl11",
    "libpcre2-8-0", "libselinux1", "libtinfo6", "libtirpc3", "libxtables12", "zlib1g",
)  # fmt: skip


class Pin(msgspec.Struct, frozen=True):
    """A package of the lock.  ``machine``: ``x86_64`` or ``aarch64``."""

    machine: str
    package: str
    version: str
    digest: str

    @property
    def file(self) -> str:
        """The name of the package's file, as apt names it."""
        return f"{self.package}_{self.version.replace(':', '%3a')}_{ARCHITECTURES[self.machine]}.deb"


def pins(machine: str) -> tuple[Pin, ...]:
    """Return the packages of the lock for a machine, sorted by name."""
    lines = (each.split() for each in LOCK.read_text("utf-8").splitlines() if not each.startswith("#"))
    return tuple(sorted((Pin(*each) for each in lines if each[0] == machine), key=lambda each: each.package))


def packages(machine: str, cache: Path) -> dict[Pin, Path]:
    """Return the file of each package; those that the folder ``cache`` lacks are fetched into it.

    Raises LookupError if a file has not the hash of the lock, CalledProcessError if apt does not bring one.
    """
    found = {each: cache / machine / each.file for each in pins(machine)}
    missing = [each for each, path in found.items() if not path.exists()]
    if missing:
        _fetch([f"{each.package}={each.version}" for each in missing], machine, cache)
    for each, path in found.items():
        if sha256(path.read_bytes()).hexdigest() != each.digest:
            raise LookupError(f"{path} has not the hash of debian.lock")
    return found


def locked(machine: str, cache: Path) -> str:
    """Return the lines of a lock with the packages' present versions; they are fetched for their hashes."""
    folder = cache / machine
    shutil.rmtree(folder, ignore_errors=True)
    _fetch(list(PACKAGES), machine, cache)
    lines: list[str] = []
    for path in sorted(folder.glob("*.deb")):
        package, version, _ = path.name.split("_")
        lines.append(f"{machine} {package} {version.replace('%3a', ':')} {sha256(path.read_bytes()).hexdigest()}\n")
    return "".join(lines)


def _fetch(words: list[str], machine: str, cache: Path) -> None:
    architecture = ARCHITECTURES[machine]
    folder = (cache / machine).resolve()
    lists = cache.resolve() / f"apt-{machine}"
    for each in (folder, lists / "lists" / "partial", lists / "cache" / "archives" / "partial"):
        each.mkdir(parents=True, exist_ok=True)
    (lists / "status").touch()
    own = {
        "Dir::State::Lists": lists / "lists", "Dir::State::Status": lists / "status", "Dir::Cache": lists / "cache",
        "APT::Architecture": architecture, "APT::Architectures": architecture, "APT::Sandbox::User": "root",
    }  # fmt: skip
    apt = ("apt-get", "-qq", *(f"-o{name}={value}" for name, value in own.items()))
    subprocess.run((*apt, "update"), check=True)
    subprocess.run((*apt, "download", *words), check=True, cwd=folder)


def files(deb: Path, wanted: str) -> dict[str, bytes | str]:
    """Return the files of a package whose path fits the pattern: their content, or the target of a symbolic link."""
    data = subprocess.run(("dpkg-deb", "--fsys-tarfile", str(deb)), check=True, capture_output=True).stdout
    found: dict[str, bytes | str] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            path = member.name.removeprefix(".")
            if not re.fullmatch(wanted, path):
                continue
            if member.issym():
                found[path] = member.linkname
            elif member.isfile() or member.islnk():
                opened = archive.extractfile(member)
                assert opened is not None
                found[path] = opened.read()
    return found
