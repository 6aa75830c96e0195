"""The decompressed bytes of a file, read piece by piece within limits.

The file's first bytes show the compression.  The standard library decompresses gzip, bzip2 and xz, and from Python 3.14
on also Zstandard.  With an older Python the program ``zstd`` decompresses Zstandard.
"""

import bz2
import lzma
import os
import shutil
import subprocess
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from hairpin.errors import EvidenceError
from hairpin.message import message
from hairpin.pasted.bundle.limits import MOST_BYTES, MOST_XZ_MEMORY, damage_in, too_much

_PIECE = 1 << 16
_ZSTD_MEMORY = "128MiB"
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


class _Decompressor(Protocol):
    """The common interface of the standard library's decompressors."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class ByteSource(Protocol):
    """A source of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        ...


class Stream:
    """The bytes of a source, which this class counts.

    ``read`` returns fewer bytes than asked only at the end.  ``read`` raises EvidenceError if the source has more than
    :data:`MOST_BYTES` bytes."""

    def __init__(self, source: ByteSource, path: str) -> None:
        self._source = source
        self._path = path
        self._left = MOST_BYTES

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        pieces: list[bytes] = []
        while size > 0 and (piece := self._source.read(min(size, _PIECE))):
            size -= len(piece)
            self._left -= len(piece)
            if self._left < 0:
                raise too_much(self._path, message("more than {gib} GiB after decompression", gib=MOST_BYTES >> 30))
            pieces.append(piece)
        return b"".join(pieces)

    def skip(self, size: int) -> int:
        """Read past the next ``size`` bytes; return how many there were."""
        done = 0
        while done < size and (piece := self.read(min(size - done, _PIECE))):
            done += len(piece)
        return done


class _Decompressed:
    """The decompressed bytes of a file.  If the file has several members, one after another, their bytes are joined."""

    def __init__(self, stream: BinaryIO, kind: str, path: str) -> None:
        self._stream = stream
        self._kind = kind
        self._path = path
        self._input = b""
        self._new()

    def _new(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16) if self._kind == "gzip" else None
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, MOST_XZ_MEMORY) if self._kind == "xz" else None
        self._bz2 = bz2.BZ2Decompressor() if self._kind == "bzip2" else None

    def read(self, size: int, /) -> bytes:
        try:
            return self._next_bytes(size)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError) as error:
            if isinstance(error, lzma.LZMAError) and "emory" in str(error):
                limit = MOST_XZ_MEMORY >> 20
                raise too_much(self._path, message("its decompression needs more than {mib} MiB", mib=limit)) from error
            raise damage_in(self._path) from error

    def _next_bytes(self, size: int) -> bytes:
        while True:
            if self._is_at_end() and not self._has_next_member():
                return b""
            if not self._input and self._needs_input():
                self._input = self._stream.read(_PIECE)
                if not self._input:
                    raise EOFError
            found = self._decompress(size)
            if found:
                return found

    def _has_next_member(self) -> bool:
        """Return whether another member begins after the member that has ended.  Zeros after a member are padding, and
        gzip ignores all other bytes."""
        self._input = self._rest()
        while not self._input.strip(b"\0"):
            self._input = self._stream.read(_PIECE)
            if not self._input:
                return False
        self._input = self._input.lstrip(b"\0")
        if self._kind == "gzip" and not self._input.startswith(b"\x1f\x8b"):
            return False
        self._new()
        return True

    def _is_at_end(self) -> bool:
        return any(each is not None and each.eof for each in (self._zlib, self._xz, self._bz2))

    def _rest(self) -> bytes:
        used: tuple[_Decompressor | None, ...] = (self._zlib, self._xz, self._bz2)
        return next((each.unused_data for each in used if each is not None), b"")

    def _needs_input(self) -> bool:
        block = self._xz or self._bz2
        return block is None or block.needs_input

    def _decompress(self, size: int) -> bytes:
        if self._zlib is not None:
            found = self._zlib.decompress(self._input, size)
            self._input = self._zlib.unconsumed_tail
            return found
        block = self._xz or self._bz2
        assert block is not None
        taken, self._input = self._input, b""
        return block.decompress(taken, size)


def compression(begun: bytes) -> str:
    """Return the name of the compression that a file's first bytes show; empty if it is not compressed."""
    return next((kind for magic, kind in _MAGIC.items() if begun.startswith(magic)), "")


@contextmanager
def content_of(stream: BinaryIO, kind: str, path: str) -> Generator[Stream]:
    """Give access to the decompressed bytes of an open file, as a context manager."""
    if kind == "":
        yield Stream(stream, path)
    elif kind == "zstd":
        with _zstd(stream, path) as source:
            yield Stream(source, path)
    else:
        yield Stream(_Decompressed(stream, kind, path), path)


@contextmanager
def _zstd(stream: BinaryIO, path: str) -> Generator[ByteSource]:
    program = shutil.which("zstd")
    if program is None:
        raise EvidenceError(
            message("{path} is compressed with zstd: install the program zstd, or decompress the file first", path=path)
        )
    argv = (program, "-dcq", f"--memory={_ZSTD_MEMORY}")
    os.lseek(stream.fileno(), 0, os.SEEK_SET)  # a seek of the stream may stay within its buffer
    with subprocess.Popen(argv, stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield _Ending(process, process.stdout, path)
        finally:
            process.kill()


class _Ending:
    """The output of a decompressing program.  If the program fails, the archive is damaged."""

    def __init__(self, process: "subprocess.Popen[bytes]", output: ByteSource, path: str) -> None:
        self._process = process
        self._output = output
        self._path = path

    def read(self, size: int, /) -> bytes:
        found = self._output.read(size)
        if not found and self._process.wait():
            raise damage_in(self._path)
        return found
