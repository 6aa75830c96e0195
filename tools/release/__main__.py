"""Makes what a release consists of, bit for bit the same from the same commit: ``python -m tools.release FOLDER``."""

import argparse
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tools.release.bill import bill
from tools.release.commit import commit_time, write_sums
from tools.release.completion import completions
from tools.release.executable import LICENCES, licence_texts, licences, payload, write_executables
from tools.release.image.debs import CACHE as DEBS
from tools.release.image.debs import pins
from tools.release.image.writing import write_image_of
from tools.release.interpreter.build import BUILT, BuildError, Interpreter, machines
from tools.release.interpreter.parts import MissingSourceError
from tools.release.manual import pages
from tools.release.one_file import contents, write_one_file
from tools.release.packages.deb import write_deb
from tools.release.packages.rpm import write_rpm
from tools.release.pinned import MACHINES, ROOT, Demand, wheels

CACHE = ROOT / ".venv" / "wheels"


def project_wheel(folder: Path, epoch: int) -> Path:
    """Build hairpin's own wheel in the folder."""
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)  # hatchling reads it there
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


def programs(
    folder: Path, project: Path, others: Mapping[Demand, Path], all_: Mapping[str, Interpreter]
) -> Iterator[Path]:
    """Make the executable files, and the text with their licences, in the folder."""
    members = contents(project, others)
    native = all_[os.uname().machine]
    text = licences(members, licence_texts(native, BUILT))
    (folder / LICENCES).write_text(text, encoding="utf-8")
    wanted = {machine: each for machine, each in all_.items() if machine in MACHINES}
    yield from write_executables(folder, wanted, payload(members, text, native))


def made_of_programs(folder: Path, all_: Mapping[str, Interpreter], epoch: int) -> Iterator[Path]:
    """Make the image and the packages of each executable file in the folder, with its man pages and its bill."""
    for machine in MACHINES:
        yield write_image_of(folder, machine, all_[machine].toolchain, DEBS, epoch)
        yield write_deb(machine, folder, epoch)
        yield write_rpm(machine, folder, epoch)


def main(folder: Path, cache: Path, *, executables: bool) -> None:
    """Make everything in the folder, which is emptied first, and say what was made.

    ``cache``: downloaded wheels.  ``executables``: also what needs a compiler, and the image and packages of it."""
    epoch = commit_time()
    shutil.rmtree(folder, ignore_errors=True)
    for each in (folder / "man", folder / "completion"):
        each.mkdir(parents=True)
    project = project_wheel(folder, epoch)
    others = wheels(cache)
    one_file = folder / "hairpin.pyz"
    minors = write_one_file(one_file, project, others, epoch)
    for name, text in pages(epoch).items():
        (folder / "man" / name).write_text(text, encoding="utf-8")
    for name, text in completions().items():
        (folder / "completion" / name).write_text(text, encoding="utf-8")
    all_: Mapping[str, Interpreter] = machines(BUILT, MACHINES) if executables else {}
    made = list(programs(folder, project, others, all_)) if executables else []
    in_images = [each for machine in MACHINES for each in pins(machine)] if executables else []
    (folder / "hairpin.cdx.json").write_bytes(bill(one_file, project, others, epoch, made, in_images))
    if executables:
        made += made_of_programs(folder, all_, epoch)
    write_sums(folder)
    quick = ", ".join(f"3.{each}" for each in minors)
    print(f"{one_file}: {one_file.stat().st_size / 1e6:.1f} MB, with bytecode for Python {quick}")
    for each in made:
        print(f"{each}: {each.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    arguments.add_argument("folder", type=Path, help="it is emptied first")
    arguments.add_argument("--wheels", type=Path, default=CACHE, help="the folder that keeps what was downloaded")
    arguments.add_argument("--no-executables", action="store_true", help="only what needs no compiler")
    given = arguments.parse_args()
    try:
        main(given.folder, given.wheels, executables=not given.no_executables)
    except (BuildError, LookupError, FileNotFoundError, MissingSourceError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"make dist: {error}") from error
