"""Writes a file that the user names.  A regular file is replaced as a whole.  A device or a pipe is opened and written.

A symbolic link stays, and its target is replaced.  ``/dev/stdout`` and ``/dev/fd/N`` mean the open descriptors of this
process.  Therefore a redirection with ``>>`` keeps the old content.
"""

import os
import re
import stat
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

_DESCRIPTOR = re.compile(r"/(?:proc/(?:self|\d+|thread-self)|dev)/fd/(\d+)")
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def is_replaced(path: Path) -> bool:
    """Return whether the path is a regular file, which is replaced, or a new file.

    Return False for devices, pipes and open descriptors."""
    if _descriptor(path) is not None:
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


@contextmanager
def written(path: Path) -> Generator[BinaryIO]:
    """Yield the stream to which the file's content is written.  A regular file is replaced when the block ends.  If the
    block fails, the file stays as it was.

    A new file is readable by its owner only.  Raises OSError if the file cannot be written."""
    if is_replaced(path):
        with _replaced(Path(os.path.realpath(path))) as stream:
            yield stream
        return
    descriptor = _descriptor(path)
    opened = os.open(path, os.O_WRONLY | os.O_NOCTTY) if descriptor is None else os.dup(descriptor)
    with os.fdopen(opened, "wb") as stream:
        yield stream


@contextmanager
def _replaced(path: Path) -> Generator[BinaryIO]:
    import tempfile  # noqa: PLC0415 - most commands write no file

    opened, temporary = tempfile.mkstemp(prefix=f".{path.name[:200]}.", dir=path.parent)
    with ExitStack() as cleanup:  # the temporary file is also deleted after an interrupt
        cleanup.callback(Path(temporary).unlink, missing_ok=True)
        with os.fdopen(opened, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)


def _descriptor(path: Path) -> int | None:
    """Return the open descriptor that the path names, directly or through symbolic links; None if the path names no
    open descriptor."""
    name = os.path.abspath(path)  # noqa: PTH100 - Path.resolve() would follow the link to what is open
    for _ in range(40):  # the kernel, too, follows at most 40 symbolic links: include/linux/namei.h MAXSYMLINKS
        found = _DESCRIPTOR.fullmatch(name)
        if found is not None:
            is_ours = name.startswith(("/proc/self/", "/proc/thread-self/", "/dev/", f"/proc/{os.getpid()}/"))
            return int(found[1]) if is_ours else None
        if name in _STREAMS:
            return _STREAMS[name]
        if not Path(name).is_symlink():
            return None
        name = os.path.normpath(os.path.join(os.path.dirname(name), os.readlink(name)))  # noqa: PTH115, PTH118, PTH120
    return None
