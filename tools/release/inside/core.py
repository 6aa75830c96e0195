"""Stands for msgspec's compiled part in the one file, as ``msgspec/_core.py``: loads the one that fits this Python.

The dynamic loader wants a file.  The part becomes one in memory (memfd_create(2)), so that no disk is needed.  Where
that cannot be executed, it becomes one in the first folder that lets it, for a moment.
"""

import os
import pkgutil
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

_MFD_EXEC = 0x10
"""linux/memfd.h; Linux 6.3.  Older kernels refuse the flag, and need none."""


@contextmanager
def in_memory(data: bytes) -> Generator[str]:
    """Yield the path of a file in memory that holds the data; raise OSError."""
    if not hasattr(os, "memfd_create"):  # built where the C library had none
        raise OSError("this Python has none")
    try:
        descriptor = os.memfd_create("msgspec", os.MFD_CLOEXEC | _MFD_EXEC)
    except OSError:
        descriptor = os.memfd_create("msgspec", os.MFD_CLOEXEC)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


@contextmanager
def in_folder(data: bytes, folder: str) -> Generator[str]:
    """Yield the path of a file in a new folder of this user's alone, below ``folder``; both are removed afterwards."""
    from tempfile import mkdtemp  # noqa: PLC0415 - seldom needed

    own = Path(mkdtemp(prefix="hairpin-", dir=folder))
    path = own / "_core.so"
    try:
        path.write_bytes(data)
        yield str(path)
    finally:
        path.unlink(missing_ok=True)
        own.rmdir()


def folders() -> Iterator[str]:
    """Yield the folders that are tried, each once: the user's choice, those in memory, those on disk."""
    named = (os.environ.get("TMPDIR"), os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm", "/run", "/tmp", "/var/tmp")  # noqa: S108
    own = (os.environ.get("HOME"), str(Path(__file__).parents[2]))
    yield from dict.fromkeys(each for each in (*named, *own) if each)


def module_at(path: str) -> ModuleType:
    """Return the module in a shared object; raise ImportError."""
    spec = spec_from_file_location(__name__, path, loader=ExtensionFileLoader(__name__, path))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def core() -> ModuleType:
    """Return msgspec's compiled part for this Python.  If nothing lets it run, say what was tried and exit with 3."""
    data = pkgutil.get_data("msgspec", f"_core{EXTENSION_SUFFIXES[0]}")
    assert data is not None
    tried: list[str] = []
    try:
        with in_memory(data) as path:
            return module_at(path)
    except (OSError, ImportError) as error:
        tried.append(f"a file in memory ({error})")
    for folder in folders():
        try:
            with in_folder(data, folder) as path:
                return module_at(path)
        except (OSError, ImportError) as error:
            tried.append(f"{folder} ({error})")
    sys.stderr.write(
        f"hairpin: its compiled part could not be loaded; tried: {'; '.join(tried)}.  "
        "Name a folder that has 1 MB left and lets programs run: TMPDIR=FOLDER\n"
    )
    sys.exit(3)


sys.modules[__name__] = core()
