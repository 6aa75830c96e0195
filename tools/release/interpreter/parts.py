"""What the interpreter of the one executable file is made of: each source at one version and with one hash.

The sources of C projects come from Debian's pool, by the mirror that apt is set up for; msgspec's and the compiler come
from the registry that pip is set up for.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from tools.release.pinned import LOCK, pin


class Part(msgspec.Struct, frozen=True):
    """A project whose code lies in the file.

    ``archive``: its path below the root of a Debian mirror, or a requirement of pip if it has no slash.  ``licence``:
    an SPDX expression.  ``texts``: the files with the licence, below the source's top folder.
    """

    name: str
    version: str
    archive: str
    sha256: str
    licence: str
    texts: tuple[str, ...]
    description: str

    @property
    def file(self) -> str:
        """The name of the archive."""
        return self.archive.rpartition("/")[2]


PYTHON = Part(
    "CPython",
    "3.13.5",
    "pool/main/p/python3.13/python3.13_3.13.5.orig.tar.xz",
    "93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640",
    "PSF-2.0 AND MIT AND BSD-2-Clause",  # with expat, HACL*, mimalloc and libmpdec, which it brings
    ("LICENSE", "Modules/expat/COPYING"),
    "The interpreter and its standard library",
)
ZLIB = Part(
    "zlib",
    "1.3.1",
    "pool/main/z/zlib/zlib_1.3.dfsg+really1.3.1.orig.tar.gz",
    "60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
    "Zlib",
    ("LICENSE",),
    "Compression",
)
BZIP2 = Part(
    "bzip2",
    "1.0.8",
    "pool/main/b/bzip2/bzip2_1.0.8.orig.tar.gz",
    "ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269",
    "bzip2-1.0.6",
    ("LICENSE",),
    "Compression",
)
XZ = Part(
    "liblzma",
    "5.8.1",
    "pool/main/x/xz-utils/xz-utils_5.8.1.orig.tar.xz",
    "0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e",
    "0BSD",
    ("COPYING.0BSD",),
    "Compression",
)
FFI = Part(
    "libffi",
    "3.4.8",
    "pool/main/libf/libffi/libffi_3.4.8.orig.tar.gz",
    "cbb7f0b3b095dc506387ec1e35b891bfb4891d05b90a495bc69a10f2293f80ff",
    "MIT",
    ("LICENSE",),
    "Calls of C functions, for ctypes",
)
SQLITE = Part(
    "SQLite",
    "3.46.1",
    "pool/main/s/sqlite3/sqlite3_3.46.1.orig.tar.xz",
    "d0cdd2ece271b29e7ce18095745d892517ee26d0f270065b3a25c2e9eb11639c",
    "blessing",
    ("LICENSE.md",),
    "The guard's history",
)
SOURCES = (PYTHON, ZLIB, BZIP2, XZ, FFI, SQLITE)
ZIG_VERSION = "0.17.1"
_ZIG = {
    "x86_64": "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
    "aarch64": "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",
}
"""The wheel of the compiler, by the machine that it runs on."""
INSIDE_ZIG = (
    Part("musl", "1.2.5", "", "", "MIT", ("lib/libc/musl/COPYRIGHT",), "The C library"),
    Part("compiler-rt", ZIG_VERSION, "", "", "MIT", ("LICENSE",), "Functions that the compiler calls"),
)
"""What the compiler brings and links into the program; the files are below its folder."""


class MissingSourceError(Exception):
    """An archive cannot be had; the message says what to do."""


def zig(machine: str, cache: Path) -> Path:
    """Return the folder of the compiler that runs on the machine, unpacked in the cache."""
    folder = cache / f"zig-{ZIG_VERSION}-{machine}"
    if (folder / "ziglang" / "zig").exists():
        return folder / "ziglang"
    requirement = f"ziglang=={ZIG_VERSION} --hash=sha256:{_ZIG[machine]}\n"
    with tempfile.TemporaryDirectory(dir=cache) as name:
        fresh = Path(name)
        (fresh / "pinned.txt").write_text(requirement, encoding="utf-8")
        pip = (sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-compile")
        safe = ("--require-hashes", "--only-binary=:all:", "-r", str(fresh / "pinned.txt"))
        subprocess.run((*pip, *safe, "--target", str(fresh / "zig")), check=True)
        (fresh / "zig").replace(folder)
    return folder / "ziglang"


def archive(part: Part, cache: Path) -> Path:
    """Return the part's archive; it is downloaded if the cache lacks it.  Raises MissingSourceError."""
    path = cache / part.file
    if path.exists() and sha256(path.read_bytes()).hexdigest() == part.sha256:
        return path
    for mirror in _mirrors():
        fresh = cache / f"{part.file}.part"
        helper = ("/usr/lib/apt/apt-helper", "-qq", "download-file", f"{mirror}{part.archive}", str(fresh))
        done = subprocess.run((*helper, f"SHA256:{part.sha256}"), capture_output=True, check=False)
        if done.returncode == 0 and sha256(fresh.read_bytes()).hexdigest() == part.sha256:
            return fresh.replace(path)
        fresh.unlink(missing_ok=True)
    raise MissingSourceError(
        f"{part.file} (sha256 {part.sha256}) is on no mirror that apt is set up for; it is Debian's source of "
        f"{part.name} {part.version}: put it into {cache}"
    )


def _mirrors() -> Iterator[str]:
    """Yield the roots of apt's archives, each once, ending in a slash."""
    listing = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
    try:
        told = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return
    yield from dict.fromkeys(f"{each.rstrip('/')}/" for each in told.split())


def msgspec_source(cache: Path) -> Path:
    """Return msgspec's source archive, which requirements.lock pins; it is downloaded if the cache lacks it."""
    pinned = pin("msgspec", LOCK.read_text("utf-8"))
    kept = next(cache.glob("msgspec-*.tar.gz"), None)
    if kept is not None and sha256(kept.read_bytes()).hexdigest() in pinned:
        return kept
    with tempfile.TemporaryDirectory(dir=cache) as name:
        fresh = Path(name)
        (fresh / "pinned.txt").write_text(pinned, encoding="utf-8")
        pip = (sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps")
        safe = ("--require-hashes", "--no-binary=:all:", "-r", str(fresh / "pinned.txt"), "-d", name)
        subprocess.run((*pip, *safe), check=True)
        brought = next(fresh.glob("*.tar.gz"))
        if kept is not None:
            kept.unlink()
        return brought.replace(cache / brought.name)
