"""hairpin-x86_64 and hairpin-aarch64: Python, the C library, hairpin, click and msgspec in one program."""

import marshal
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.release.archive import Member
from tools.release.interpreter.build import Interpreter
from tools.release.interpreter.link import link
from tools.release.interpreter.parts import INSIDE_ZIG, SOURCES, Part, archive
from tools.release.one_file import INSIDE

LICENCES = "LICENCES"
"""The name of the text with all licences, inside the program and beside it."""


def payload(members: Mapping[str, Member], licences: str, native: Interpreter) -> bytes:
    """Return what the programs for all machines hold.  ``members``: what hairpin.pyz holds, without bytecode."""
    sources: dict[str, bytes] = {}
    files: dict[str, bytes] = {LICENCES: licences.encode()}
    for path, member in sorted(members.items()):
        if path.endswith(".so") or path in ("__main__.py", "onefile.py", "msgspec/_core.py"):
            continue
        (sources if path.endswith(".py") else files)[path] = member.data
    files = {path: data for path, data in files.items() if ".dist-info/" not in path}
    command = (*native.python, str(INSIDE / "sealing.py"), str(native.library))
    given = marshal.dumps((sources, files), 2)
    environment = {"PYTHONHASHSEED": "0"}
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True, env=environment).stdout


def licences(members: Mapping[str, Member], texts: Mapping[Part, str]) -> str:
    """Return the licence of each project in the program.  ``texts``: those of the projects in C."""
    own = {path: each.data.decode() for path, each in sorted(members.items()) if ".dist-info/licenses/" in path}
    told = [(path.partition(".dist-info")[0].replace("-", " "), text) for path, text in own.items()]
    told += [(f"{part.name} {part.version} ({part.licence})", text) for part, text in texts.items()]
    return "\n".join(_chapter(title, text) for title, text in told)


def licence_texts(native: Interpreter, cache: Path) -> dict[Part, str]:
    """Return the licences of the projects in C, out of their archives and the compiler's folder."""
    found: dict[Part, str] = {}
    for part in SOURCES:
        with tarfile.open(archive(part, cache)) as file:
            top = file.getnames()[0].partition("/")[0]
            found[part] = "\n\n".join(_text(file, f"{top}/{each}") for each in part.texts)
    for part in INSIDE_ZIG:
        found[part] = "\n\n".join((native.toolchain.folder / each).read_text("utf-8") for each in part.texts)
    return found


def _text(file: tarfile.TarFile, name: str) -> str:
    member = file.extractfile(name)
    if member is None:
        raise LookupError(name)
    with member:
        return member.read().decode("utf-8", "replace")


def _chapter(title: str, text: str) -> str:
    line = "=" * 78
    return f"{line}\n{title}\n{line}\n\n{text.strip()}\n"


def write_executables(folder: Path, machines: Mapping[str, Interpreter], content: bytes) -> Iterator[Path]:
    """Write the program for each machine into the folder."""
    for machine, built in sorted(machines.items()):
        target = folder / f"hairpin-{machine}"
        with tempfile.TemporaryDirectory() as work:
            link(built, content, target, Path(work))
        target.chmod(0o755)
        yield target
