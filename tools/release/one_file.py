"""hairpin.pyz: hairpin, click and msgspec in one file that Python runs."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.release.archive import Member, members_of, write_archive
from tools.release.pinned import MINORS, Demand

INSIDE = Path(__file__).resolve().parent / "inside"
_LEFT_OUT = re.compile(
    r"hairpin/(lab|docs)/.*"  # the lab needs a checkout's programs; pages for readers
    r"|hairpin/report/locale/.*\.po|.*\.pyi|.*/py\.typed|.*\.dist-info/(RECORD|WHEEL|top_level\.txt|entry_points\.txt)"
)
_MODULE = re.compile(r"((?:[a-z_0-9]+/)*[a-z_0-9]+)\.py")


def contents(project: Path, wheels: Mapping[Demand, Path]) -> dict[str, Member]:
    """Return what the file holds, by path, without the bytecode.  ``project``: hairpin's own wheel."""
    found: dict[str, Member] = {}
    for wheel in (*wheels.values(), project):
        found |= {name: each for name, each in members_of(wheel).items() if not _LEFT_OUT.fullmatch(name)}
    for name, source in (("__main__.py", "__main__.py"), ("onefile.py", "onefile.py"), ("msgspec/_core.py", "core.py")):
        found[name] = Member((INSIDE / source).read_bytes())
    return found


def interpreters() -> dict[int, str]:
    """Return the Pythons 3.N of PATH that run, and this one, by their N: the file gets bytecode for each."""
    found: dict[int, str] = {}
    for minor in MINORS:
        path = sys.executable if sys.version_info[1] == minor else shutil.which(f"python3.{minor}")
        if (
            path is not None
            and subprocess.run((path, "-I", "-c", "import zlib"), capture_output=True, check=False).returncode == 0
        ):
            found[minor] = path
    return found


def bytecode(members: Mapping[str, Member], pythons: Mapping[int, str]) -> Iterator[tuple[str, Member]]:
    """Yield the compiled code of all modules for each of the Pythons: see ``inside/compiling.py``."""
    names = "".join(f"{module}\t{path}\n" for path, module in _modules(members))
    with tempfile.TemporaryDirectory() as folder:
        for path, _ in _modules(members):
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(members[path].data)
        for python in pythons.values():
            command = (python, "-I", "-S", "-B", str(INSIDE / "compiling.py"), folder)
            made = subprocess.run(command, input=names.encode(), stdout=subprocess.PIPE, check=True, env=_environment())
            yield f"bytecode/{made.stdout[:4].hex()}", Member(made.stdout[4:], packed=False)


def _environment() -> dict[str, str]:
    """Return the environment of a compiling Python: the order of a set's members must not be drawn anew."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0"}


def _modules(members: Mapping[str, Member]) -> list[tuple[str, str]]:
    """Return path and name of each module but the file's own start."""
    found = ((path, _MODULE.fullmatch(path)) for path in sorted(members) if path != "__main__.py")
    return [(path, each[1].replace("/", ".").removesuffix(".__init__")) for path, each in found if each is not None]


def write_one_file(path: Path, project: Path, wheels: Mapping[Demand, Path], epoch: int) -> tuple[int, ...]:
    """Write the file; return the Pythons 3.N that it has bytecode for."""
    members = contents(project, wheels)
    pythons = interpreters()
    members |= dict(bytecode(members, pythons))
    write_archive(path, members, epoch, prefix=b"#!/usr/bin/env python3\n")
    return tuple(pythons)
