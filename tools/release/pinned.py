"""The wheels of other projects that go into the one file: at the versions and with the hashes of requirements.lock."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
MINORS = (11, 12, 13, 14)
"""The Pythons 3.N that msgspec's compiled part is taken for."""
LIBRARIES = ("manylinux2014", "musllinux_1_2")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""The machines of a release, by the kernel's name and by that of Debian and of OCI images."""
MACHINES = tuple(ARCHITECTURES)


class Demand(msgspec.Struct, frozen=True):
    """A wheel that pip is to bring: ``packages`` for the platform, or for any one if ``platform`` is empty."""

    package: str
    platform: str = ""
    minor: int = 0

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of ``pip download`` that choose the wheel."""
        if not self.platform:
            return ()
        python = f"3{self.minor}"
        return ("--platform", self.platform, "--python-version", python, "--abi", f"cp{python}")

    @property
    def folder(self) -> str:
        """The name of the folder that the wheel is kept in."""
        return "-".join(filter(None, (self.package, self.platform, str(self.minor or ""))))


def demands() -> Iterator[Demand]:
    """Yield what the one file is made of besides hairpin."""
    yield Demand("click")
    for minor in MINORS:
        for library in LIBRARIES:
            for machine in MACHINES:
                yield Demand("msgspec", f"{library}_{machine}", minor)


def pin(package: str, lock: str) -> str:
    """Return the lines of the lock that pin the package; raise LookupError."""
    found = re.search(rf"^{re.escape(package)}==.*\\\n(?:    --hash=.*\n?)+", lock, re.MULTILINE)
    if found is None:
        raise LookupError(f"requirements.lock does not pin {package}")
    return found.group()


def wheels(cache: Path) -> dict[Demand, Path]:
    """Return each wheel; those that the folder ``cache`` lacks are downloaded into it.

    Raises CalledProcessError if pip does not bring one, LookupError if the lock does not pin it.
    """
    lock = LOCK.read_text("utf-8")
    with ThreadPoolExecutor(4) as pool:  # pip mostly waits
        each = tuple(demands())
        return dict(zip(each, pool.map(partial(_wheel, lock=lock, cache=cache), each), strict=True))


def _wheel(demand: Demand, *, lock: str, cache: Path) -> Path:
    pinned = pin(demand.package, lock)
    folder = cache / demand.folder
    kept = next(folder.glob("*.whl"), None)
    if kept is not None and sha256(kept.read_bytes()).hexdigest() in pinned:
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as fresh:
        requirements = Path(fresh) / "pinned.txt"
        requirements.write_text(pinned, encoding="utf-8")
        pip = (sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps")
        safe = ("--require-hashes", "--only-binary=:all:", "-r", str(requirements), "-d", fresh)
        subprocess.run((*pip, *safe, *demand.arguments), check=True)
        brought = next(Path(fresh).glob("*.whl"))
        if kept is not None:
            kept.unlink()
        return brought.replace(folder / brought.name)
