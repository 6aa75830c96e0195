"""The files of a bundle.

A bundle is a tar archive in any usual compression, a zip archive, a folder, or a single file.  Nothing is unpacked to
disk, no link is followed, and the limits of ``limits.py`` apply to each kind of bundle."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from hairpin.errors import EvidenceError, WrongPathError
from hairpin.message import message
from hairpin.pasted.bundle.limits import (
    MOST_DEPTH,
    MOST_FILES,
    MOST_KEPT_BYTES,
    MOST_KEPT_FILES,
    MOST_OF_FILE,
    MOST_OF_SINGLE,
    too_much,
)
from hairpin.pasted.bundle.stream import ByteSource, Stream, compression, content_of
from hairpin.pasted.bundle.tar import Keep, files_of_tar
from hairpin.pasted.bundle.zip_files import files_of_zip


def files_of_folder(path: str, keep: Keep) -> Iterator[tuple[str, bytes]]:
    """Yield the path below the folder and the content of each wanted regular file, in the order of their names.

    A file that cannot be read is skipped and counts as unread."""
    left = MOST_FILES
    folders = [("", 0)]
    while folders:
        below, depth = folders.pop()
        for each in _entries(Path(path) / below):
            left -= 1
            if left < 0:
                raise too_much(path, message("more than {number} files", number=MOST_FILES))
            name = f"{below}/{each.name}" if below else each.name
            if each.is_dir(follow_symlinks=False):
                if depth < MOST_DEPTH:
                    folders.append((name, depth + 1))
            elif each.is_file(follow_symlinks=False) and (wanted := keep(name)):
                data = _content(each.path, wanted)
                if data is not None:
                    yield name, data


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda each: each.name)
    except OSError:
        return []


def _content(path: str, wanted: int) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            if wanted < 0:
                stream.seek(max(0, os.fstat(handle).st_size + wanted))
            return stream.read(abs(wanted))
    except OSError:
        return None


_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MAGIC_AT = 257
_TAR_BLOCK = 512
Files = dict[str, bytes]
"""The content of each kept file by its path in the bundle."""


def _is_any(data: bytes) -> bool:
    del data
    return True


def files_in(
    path: str, keep: Keep, *, is_useful: Callable[[bytes], bool] = _is_any, budget: int = MOST_KEPT_BYTES
) -> Files:
    """Return the wanted files of the bundle.

    If the bundle is a file but no archive, the result has only this file, under its own name.  ``keep`` gets a path of
    plain names, without a leading slash.  ``is_useful`` returns whether a file with this content is kept.  ``budget``:
    after this number of bytes no further file is kept.  Raises EvidenceError if the bundle cannot be read, or if the
    wanted files exceed the limits."""
    found: Files = {}
    kept = [0]
    for name, data in _files(path, lambda each: _worth(each, keep) if kept[0] < budget else 0):
        if not is_useful(data):
            continue
        found[_plain(name)] = data
        kept[0] += len(data)
        if kept[0] > MOST_KEPT_BYTES:
            limit = MOST_KEPT_BYTES >> 20
            raise too_much(path, message("the files that hairpin reads have more than {mib} MiB", mib=limit))
        if len(found) > MOST_KEPT_FILES:
            raise too_much(path, message("more than {number} files that hairpin reads", number=MOST_KEPT_FILES))
    return found


def _worth(name: str, keep: Keep) -> int:
    plain = _plain(name)
    if not plain:
        return 0
    return max(-MOST_OF_FILE, min(MOST_OF_FILE, keep(plain)))


def _plain(name: str) -> str:
    """Return the path without a leading slash and without ``.``; empty if the path leaves the bundle or has too many
    folders."""
    parts = [each for each in name.split("/") if each not in ("", ".")]
    return "" if ".." in parts or len(parts) > MOST_DEPTH else "/".join(parts)


def _files(path: str, keep: Keep) -> Iterator[tuple[str, bytes]]:
    try:
        place = Path(path)
        if place.is_dir():
            yield from files_of_folder(path, keep)
            return
        if not place.is_file():
            place.stat()
            raise WrongPathError(message("{path} is neither a file nor a folder", path=path))
        with place.open("rb") as stream:
            yield from _of_file(stream, path, place.name, keep)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WrongPathError(message("{path}: cannot be read: {reason}", path=path, reason=reason)) from error


def _of_file(stream: BinaryIO, path: str, name: str, keep: Keep) -> Iterator[tuple[str, bytes]]:
    begun = stream.read(8)
    stream.seek(0)
    if begun.startswith(_ZIP):
        yield from files_of_zip(stream, path, keep)
        return
    with ExitStack() as stack:
        source = stack.enter_context(content_of(stream, compression(begun), path))
        first = source.read(_TAR_BLOCK)
        whole = Stream(_Again(first, source), path)
        if first[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
            yield from files_of_tar(whole, path, keep)
            return
        data = whole.read(MOST_OF_SINGLE + 1)
        if len(data) > MOST_OF_SINGLE:
            raise too_much(path, message("a single file of more than {mib} MiB", mib=MOST_OF_SINGLE >> 20))
        if b"\0" in data[:_TAR_BLOCK]:
            raise EvidenceError(message("{path} is no archive that hairpin reads: tar, zip, or a folder", path=path))
        yield name, data


class _Again:
    """A source of bytes that returns its first bytes again, although they were read already."""

    def __init__(self, first: bytes, source: ByteSource) -> None:
        self._first = first
        self._source = source

    def read(self, size: int, /) -> bytes:
        if self._first:
            found, self._first = self._first[:size], self._first[size:]
            return found
        return self._source.read(size)
