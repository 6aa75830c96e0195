"""Links the one executable file: the interpreter, its start, and what it holds."""

from hashlib import sha256
from pathlib import Path

from tools.release.interpreter.build import HERE, Interpreter


def link(built: Interpreter, payload: bytes, target: Path, work: Path) -> None:
    """Link the executable file.  ``work``: an empty folder."""
    name = f"payload-{sha256(payload).hexdigest()[:16]}"
    (work / name).write_bytes(payload)
    include = built.folder / "include/python"
    flags = (f"-I{include}", f"-I{include / 'internal'}", f"-I{work}", "-fwrapv", f'-DPAYLOAD="{name}"')
    sources = (str(HERE / "start.c"), str(HERE / "payload.S"))
    library = built.folder / "lib"
    archives = [str(library / "_core.o"), *sorted(str(each) for each in library.glob("lib*.a"))]
    linking = ("-static", "-s", "-Wl,--start-group", *archives, "-Wl,--end-group", "-lm", "-o", str(target.resolve()))
    built.toolchain.run((*built.toolchain.cc, *flags, *sources, *linking), work, work / "log")
