"""Makes what a release consists of, bit for bit the same from the same commit: ``python -m tools.release FOLDER``."""

import argparse
import os
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tools.release.bill import bill
from tools.release.completion import completions
from tools.release.executable import LICENCES, licence_texts, licences, payload, write_executables
from tools.release.interpreter.build import machines
from tools.release.manual import pages
from tools.release.one_file import contents, write_one_file
from tools.release.pinned import MACHINES, ROOT, Demand, wheels

CACHE = ROOT / ".venv" / "wheels"
BUILT = ROOT / ".venv" / "interpreters"


def commit_time() -> int:
    """Return SOURCE_DATE_EPOCH, or else when the commit was made, in seconds since 1970."""
    stated = os.environ.get("SOURCE_DATE_EPOCH")
    command = ("git", "log", "-1", "--format=%ct")
    return int(stated or subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def project_wheel(folder: Path, epoch: int) -> Path:
    """Build hairpin's own wheel in the folder."""
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)  # hatchling reads it there
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


def sums(folder: Path) -> str:
    """Return the lines of SHA256SUMS for the files in the folder: ``sha256sum -c`` reads them."""
    files = sorted(each for each in folder.rglob("*") if each.is_file() and each.name != "SHA256SUMS")
    return "".join(f"{sha256(each.read_bytes()).hexdigest()}  {each.relative_to(folder)}\n" for each in files)


def programs(folder: Path, project: Path, others: Mapping[Demand, Path], built: Path) -> tuple[Path, ...]:
    """Make the executable files, and the text with their licences, in the folder.

    ``built``: the folder that keeps the compiler, the sources and the interpreters."""
    all_ = machines(built, MACHINES)
    members = contents(project, others)
    native = all_[os.uname().machine]
    text = licences(members, licence_texts(native, built))
    (folder / LICENCES).write_text(text, encoding="utf-8")
    wanted = {machine: each for machine, each in all_.items() if machine in MACHINES}
    return tuple(write_executables(folder, wanted, payload(members, text, native)))


def main(folder: Path, cache: Path, built: Path | None) -> None:
    """Make everything in the folder, which is emptied first, and say what was made.

    ``cache``: downloaded wheels.  ``built``: see :func:`programs`; None: without the executable files."""
    epoch = commit_time()
    shutil.rmtree(folder, ignore_errors=True)
    for each in (folder / "man", folder / "completion"):
        each.mkdir(parents=True)
    project = project_wheel(folder, epoch)
    others = wheels(cache)
    one_file = folder / "hairpin.pyz"
    minors = write_one_file(one_file, project, others, epoch)
    made = programs(folder, project, others, built) if built is not None else ()
    (folder / "hairpin.cdx.json").write_bytes(bill(one_file, project, others, epoch, made))
    for name, text in pages(epoch).items():
        (folder / "man" / name).write_text(text, encoding="utf-8")
    for name, text in completions().items():
        (folder / "completion" / name).write_text(text, encoding="utf-8")
    (folder / "SHA256SUMS").write_text(sums(folder), encoding="utf-8")
    quick = ", ".join(f"3.{each}" for each in minors)
    print(f"{one_file}: {one_file.stat().st_size / 1e6:.1f} MB, with bytecode for Python {quick}")
    for each in made:
        print(f"{each}: {each.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    arguments.add_argument("folder", type=Path, help="it is emptied first")
    arguments.add_argument("--wheels", type=Path, default=CACHE, help="the folder that keeps what was downloaded")
    arguments.add_argument("--interpreters", type=Path, default=BUILT, help="the folder that keeps what was built")
    arguments.add_argument("--no-executables", action="store_true", help="only what needs no compiler")
    given = arguments.parse_args()
    main(given.folder, given.wheels, None if given.no_executables else given.interpreters)
