"""The files of a bundle.

A bundle is a tar archive in any usual compression, a zip archive, a folder, or a single file.  Nothing is unpacked to
disk, no link is followed, and the limits of ``limits.py`` apply to each kind of bundle."""

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from hairpin.errors import EvidenceError, WrongPathError
from hairpin.message import message
from hairpin.pasted.bundle.limits import (
    MOST_BYTES,
    MOST_DEPTH,
    MOST_DIRECTORY,
    MOST_FILES,
    MOST_KEPT_BYTES,
    MOST_KEPT_FILES,
    MOST_OF_FILE,
    MOST_OF_SINGLE,
    damage_in,
    too_much,
)
from hairpin.pasted.bundle.stream import ByteSource, Stream, compression, content_of
from hairpin.pasted.bundle.tar import Keep, files_of_tar

_END = b"PK\x05\x06"
_END_SIZE = 22
_MOST_COMMENT = 1 << 16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_PIECE = 1 << 16


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


def files_of_zip(stream: BinaryIO, path: str, keep: Keep) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the content of each wanted regular file; raise EvidenceError for an archive that is damaged or
    beyond the limits.  Encrypted files, links and files in rare compressions are skipped."""
    _refuse_large_directory(stream, path)
    read = 0
    try:
        with zipfile.ZipFile(stream) as archive:
            for each in archive.infolist():
                wanted = keep(each.filename) if _is_plain(each) else 0
                if wanted == 0:
                    continue
                data = bytearray()
                with archive.open(each) as content:
                    while piece := content.read(_PIECE):
                        read += len(piece)
                        if read > MOST_BYTES:
                            gib = MOST_BYTES >> 30
                            raise too_much(path, message("more than {gib} GiB after decompression", gib=gib))
                        data += piece
                        if wanted < 0:
                            del data[:wanted]
                        elif len(data) >= wanted:
                            break
                yield each.filename, bytes(data[:wanted] if wanted > 0 else data)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise damage_in(path) from error


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    is_regular = kind in (0, stat.S_IFREG) and not entry.is_dir()
    return is_regular and entry.compress_type in _METHODS and not entry.flag_bits & _ENCRYPTED


def _refuse_large_directory(stream: BinaryIO, path: str) -> None:
    """Raise EvidenceError if the archive's directory is larger than the limit: Python reads all of it at once.

    A zip64 archive is refused, too: no bundle needs its larger numbers of files and sizes."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_SIZE - _MOST_COMMENT))
    last = stream.read()
    ends = [found.start() for found in re.finditer(re.escape(_END), last)]
    if not ends or len(last) - ends[-1] < _END_SIZE:
        raise damage_in(path)
    for at in ends:
        directory = last[at + 12 : at + 16]
        if len(directory) == 4 and int.from_bytes(directory, "little") > MOST_DIRECTORY:
            raise too_much(path, message("its directory is larger than {mib} MiB", mib=MOST_DIRECTORY >> 20))
    stream.seek(0)
