"""Builds CPython for one machine as static libraries.

The compiler is zig's clang with musl: it makes programs for either machine, on either machine.  What was built is kept;
its name tells of what it was built.
"""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import msgspec

from tools.release.interpreter.libraries import FFI_CONFIGURATION, Library, copy_headers, ffi_header, libraries
from tools.release.interpreter.parts import BZIP2, FFI, PYTHON, SOURCES, SQLITE, XZ, ZLIB, archive, msgspec_source, zig
from tools.release.pinned import ROOT

HERE = Path(__file__).resolve().parent
NATIVE = os.uname().machine
BUILT = ROOT / ".venv" / "interpreters"
"""The folder that keeps the compiler, the sources and the interpreters."""
OLDEST_LINUX = "3.10"
OPTIONS = ("-O2", "-g0", "-DNDEBUG", "-fno-sanitize=all", "-fno-ident", "-Wno-date-time")
LEFT_OUT = frozenset(
    [
        "_codecs_tw",
        "_crypt",
        "_ctypes_test",
        "_curses",
        "_curses_panel",
        "_dbm",
        "_gdbm",
        "_hashlib",
        "_interpchannels",
        "_interpqueues",
        "_interpreters",
        "_lsprof",
        "_multiprocessing",
        "_posixshmem",
        "_ssl",
        "_tkinter",
        "_uuid",
        "nis",
        "ossaudiodev",
        "readline",
        "resource",
        "syslog",
        "xxsubtype",
    ]
)
"""The compiled modules that hairpin never imports."""
_ALIKE = ("ac_cv_aligned_", "ac_cv_alignof_", "ac_cv_broken_", "ac_cv_buggy_", "ac_cv_builtin_", "ac_cv_c_",
          "ac_cv_cc_", "ac_cv_defined_", "ac_cv_enable_", "ac_cv_func_", "ac_cv_getrandom", "ac_cv_have_",
          "ac_cv_header_", "ac_cv_lib_", "ac_cv_member_", "ac_cv_posix_", "ac_cv_pthread", "ac_cv_search_",
          "ac_cv_sizeof_", "ac_cv_stat_", "ac_cv_struct_", "ac_cv_type_", "ac_cv_working_", "py_cv_")  # fmt: skip
"""How the names of those answers of ``configure`` begin that are the same for both machines."""


_TOLD_LINES = 20


class BuildError(Exception):
    """The compiler or a program of a build failed; the message has the last lines that it printed."""


class Toolchain(msgspec.Struct, frozen=True):
    """The compiler for one machine.  ``folder``: that of zig."""

    machine: str
    folder: Path
    cache: Path

    @property
    def cc(self) -> tuple[str, ...]:
        return (str(self.folder / "zig"), "cc", "-target", f"{self.machine}-linux.{OLDEST_LINUX}-musl", *OPTIONS)

    def environment(self) -> dict[str, str]:
        own = {"ZIG_GLOBAL_CACHE_DIR": str(self.cache), "ZIG_LOCAL_CACHE_DIR": str(self.cache)}
        return {"PATH": os.environ.get("PATH", ""), "HOME": "/", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1", **own}

    def run(self, command: Sequence[str], folder: Path, log: Path, **around: str) -> None:
        """Run the command; what it prints is added to the log.  Raises BuildError."""
        with log.open("ab") as file:
            environment = self.environment() | around
            done = subprocess.run(command, cwd=folder, env=environment, stdout=file, stderr=file, check=False)
        if done.returncode:
            last = log.read_text("utf-8", "replace").splitlines()[-_TOLD_LINES:]
            raise BuildError("\n".join((f"{command[0]} ended with {done.returncode}:", *last)))


class Interpreter(msgspec.Struct, frozen=True):
    """A built interpreter.  ``folder`` holds ``lib``, ``include`` and, for the machine that builds, ``bin/python``."""

    folder: Path
    toolchain: Toolchain

    @property
    def python(self) -> tuple[str, ...]:
        """The command that starts the Python of the machine that builds."""
        return (str(self.folder / "bin/python"), "-I", "-S", "-B")

    @property
    def library(self) -> Path:
        """The folder with the sources of the standard library; for the machine that builds."""
        return self.folder / "lib/python3.13"


def key() -> str:
    """Return a word that tells of what an interpreter is built."""
    digest = sha256()
    for each in ("build.py", "errors.c", "errors.h", "libraries.py", "parts.py"):
        digest.update((HERE / each).read_bytes())
    return digest.hexdigest()[:16]


def toolchain_for(machine: str, cache: Path) -> Toolchain:
    """Return the compiler for the machine; it is downloaded if the cache lacks it.  Raises CalledProcessError."""
    cache.mkdir(parents=True, exist_ok=True)
    return Toolchain(machine, zig(NATIVE, cache), cache / "zig-cache")


def interpreter(machine: str, cache: Path, native: Interpreter | None = None) -> Interpreter:
    """Return the interpreter for the machine, which is built if the cache lacks it.

    ``native``: that of the machine that builds; without it ``machine`` has to be that one.  Raises MissingSourceError,
    BuildError.
    """
    toolchain = toolchain_for(machine, cache)
    folder = cache / f"python-{machine}-{key()}"
    if not (folder / "whole").exists():
        work = cache / f"build-{machine}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        _build(toolchain, work, cache, native)
        (work / "out" / "whole").touch()
        shutil.rmtree(folder, ignore_errors=True)
        (work / "out").replace(folder)
        shutil.rmtree(work)
    return Interpreter(folder, toolchain)


def unpacked(path: Path, folder: Path) -> Path:
    """Unpack an archive into the folder; return its top folder."""
    with tarfile.open(path) as file:
        top = file.getnames()[0].partition("/")[0]
        file.extraction_filter = getattr(tarfile, "data_filter", None)  # from Python 3.11.4 on
        file.extractall(folder)  # noqa: S202 - the archive has the pinned hash
    return folder / top


def _build(toolchain: Toolchain, work: Path, cache: Path, native: Interpreter | None) -> None:
    sources = {each.name: unpacked(archive(each, cache), work) for each in SOURCES}
    out, log = work / "out", work / "log"
    for each in ("include", "lib"):
        (out / each).mkdir(parents=True)
    header = ffi_header(toolchain.machine, (sources[FFI.name] / "include/ffi.h.in").read_text("utf-8"))
    (out / "include/ffi.h").write_text(header, encoding="utf-8")
    (out / "include/fficonfig.h").write_text(FFI_CONFIGURATION, encoding="utf-8")
    _make_sqlite(toolchain, sources[SQLITE.name], log)
    for part, library in zip((ZLIB, BZIP2, XZ, FFI, SQLITE), libraries(toolchain.machine), strict=True):
        copy_headers(library, sources[part.name], out / "include")
        _compile(toolchain, library, sources[part.name], out, log)
    _compile(toolchain, Library("errors", ("errors.c",), ()), HERE, out, log)
    tree = sources[PYTHON.name]
    _configure(toolchain, tree, out, log, native)
    _make_python(toolchain, tree, out, log)
    core = unpacked(msgspec_source(cache), work) / "src" / "msgspec"
    includes = (f"-I{tree}", f"-I{tree / 'Include'}")
    compiling = (
        *toolchain.cc,
        "-fwrapv",
        "-fno-strict-aliasing",
        *includes,
        "-c",
        "_core.c",
        "-o",
        str(out / "lib/_core.o"),
    )
    toolchain.run(compiling, core, log)
    shutil.copytree(tree / "Include", out / "include/python")
    shutil.copy(tree / "pyconfig.h", out / "include/python")
    if native is None:
        (out / "bin").mkdir()
        shutil.copy(tree / "python", out / "bin/python")
        unused = shutil.ignore_patterns("test", "__pycache__", "idlelib", "tkinter")
        shutil.copytree(tree / "Lib", out / "lib/python3.13", ignore=unused)
        (out / "lib/python3.13/lib-dynload").mkdir()  # it is empty; a Python that lacks it complains
        shutil.copytree(tree / "Python/frozen_modules", out / "frozen")


def _make_sqlite(toolchain: Toolchain, tree: Path, log: Path) -> None:
    """Make SQLite's one file of C and its header in its tree.  The programs that write them, and tclsh, run here."""
    here = msgspec.structs.replace(toolchain, machine=NATIVE)
    around = _tools(here, _new_folder(log.parent / "sqlite-tools"))
    toolchain.run(("./configure", "--disable-tcl", "--disable-readline", "--disable-shared"), tree, log, **around)
    toolchain.run(("make", "sqlite3.c", "sqlite3.h"), tree, log, **around)


def _new_folder(path: Path) -> Path:
    path.mkdir()
    return path


def _compile(toolchain: Toolchain, library: Library, source: Path, out: Path, log: Path) -> None:
    """Compile a library into ``out/lib``."""
    objects = log.parent / "objects" / library.name
    objects.mkdir(parents=True)

    def one(numbered: tuple[int, str]) -> str:
        number, file = numbered
        target = str(objects / f"{number}.o")
        toolchain.run((*toolchain.cc, *library.options, f"-I{out / 'include'}", "-c", file, "-o", target), source, log)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(one, enumerate(library.files)))
    ar = (str(toolchain.folder / "zig"), "ar", "rcsD", str(out / f"lib/lib{library.name}.a"), *made)
    toolchain.run(ar, source, log)


def _tools(toolchain: Toolchain, folder: Path) -> dict[str, str]:
    """Write the compiler's commands into the folder, for ``configure``; return the variables that name them."""
    zig_ = toolchain.folder / "zig"
    commands = {"cc": " ".join(toolchain.cc), "ar": f"{zig_} ar", "ranlib": f"{zig_} ranlib"}
    for name, command in commands.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    return {"CC": str(folder / "cc"), "AR": str(folder / "ar"), "RANLIB": str(folder / "ranlib"), "CXX": "false"}


def _configure(toolchain: Toolchain, tree: Path, out: Path, log: Path, native: Interpreter | None) -> None:
    around = _tools(toolchain, _new_folder(log.parent / "tools")) | {
        "MODULE_BUILDTYPE": "static",
        "OPT": "-DNDEBUG -fwrapv -Wall -include errors.h",
        "CPPFLAGS": f"-I{out / 'include'}",
        "LDFLAGS": f"-static -L{out / 'lib'}",
        "LIBS": "-lerrors",
        "PKG_CONFIG": "false",
        "ac_cv_file__dev_ptmx": "yes",
        "ac_cv_file__dev_ptc": "no",
    }
    for name, library in (
        ("ZLIB", "z"),
        ("BZIP2", "bz2"),
        ("LIBLZMA", "lzma"),
        ("LIBFFI", "ffi"),
        ("LIBSQLITE3", "sqlite3"),
    ):
        around |= {f"{name}_CFLAGS": f"-I{out / 'include'}", f"{name}_LIBS": f"-L{out / 'lib'} -l{library}"}
    shutil.copy(HERE / "errors.h", tree)
    words = ["./configure", "--prefix=/", "--disable-shared", "--disable-test-modules", "--without-ensurepip", "-C"]
    words += [f"py_cv_module_{each}=n/a" for each in sorted(LEFT_OUT)]
    if native is not None:
        building = native.python[0]
        words += [
            f"--build={NATIVE}-pc-linux-gnu",
            f"--host={toolchain.machine}-linux-musl",
            f"--with-build-python={building}",
        ]
        kept = (native.folder / "answers").read_text("utf-8").splitlines(keepends=True)
        alike = (line for line in kept if line.startswith(_ALIKE) and "wchar" not in line and "x87" not in line)
        (tree / "config.cache").write_text("".join(alike), encoding="utf-8")
        for path in (native.folder / "frozen").iterdir():  # alike for both machines; now newer than what it is made of
            (tree / "Python/frozen_modules" / path.name).write_bytes(path.read_bytes())
    toolchain.run(words, tree, log, **around)
    shutil.copy(tree / "config.cache", out / "answers")


def _make_python(toolchain: Toolchain, tree: Path, out: Path, log: Path) -> None:
    """Make the library, and for the machine that builds the program, too."""
    goals = ["libpython3.13.a", *(["python"] if toolchain.machine == NATIVE else [])]
    toolchain.run(("make", f"-j{os.cpu_count()}", *goals), tree, log)
    for each in ("libpython3.13.a", "Modules/_hacl/libHacl_Hash_SHA2.a", "Modules/expat/libexpat.a"):
        shutil.copy(tree / each, out / "lib")
    shutil.copy(tree / "Modules/_decimal/libmpdec/libmpdec.a", out / "lib")


def machines(cache: Path, wanted: Sequence[str]) -> Mapping[str, Interpreter]:
    """Return the interpreters for the machines, and for the one that builds, by their names."""
    native = interpreter(NATIVE, cache)
    return {each: native if each == NATIVE else interpreter(each, cache, native) for each in (NATIVE, *wanted)}
