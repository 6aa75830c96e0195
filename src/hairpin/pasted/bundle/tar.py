"""Reads the regular files of a tar archive from a stream.

    archive := entry* zero-block*
    entry   := header content padding
    header  := name[100] … size[12] … checksum[8] type[1] … "ustar" … prefix[155]

An entry of type ``L`` (GNU) or ``x`` (pax) contains the name of the next entry.  Links, devices and pipes are skipped;
only regular files of the bundle are read.  tarfile(3) of Python is not used: it keeps every entry in memory and reads a
name of any length.

Source: tar(5); POSIX pax, "ustar Interchange Format"
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hairpin.message import message
from hairpin.pasted.bundle.limits import MOST_FILES, MOST_OF_NAME, damage_in, too_much
from hairpin.pasted.bundle.stream import Stream

_BLOCK = 512
_REGULAR = (b"0", b"\0", b"7")
_NAME_OF_NEXT = b"L"
_PAX = b"x"
_SPARSE = b"S"
_WITHOUT_CONTENT = (b"1", b"2", b"3", b"4", b"5", b"6")
_RECORD = re.compile(rb"(\d{1,6}) ([^=]+)=")


class _Header(NamedTuple):
    name: bytes
    size: int
    kind: bytes


Keep = Callable[[str], int]
"""A function that returns how many bytes of the file at a path are wanted: 0 for none, and a negative number for bytes
at the file's end."""


def files_of_tar(stream: Stream, path: str, keep: Keep) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the content of each wanted regular file.

    Raises EvidenceError for an archive that is damaged or beyond the limits."""
    long_name = b""
    long_size: int | None = None
    for _ in range(MOST_FILES):
        block = stream.read(_BLOCK)
        if not block.strip(b"\0"):
            if len(block) not in (0, _BLOCK):
                raise damage_in(path)
            return
        header = _header(block)
        if header is None:
            raise damage_in(path)
        size = header.size if long_size is None else long_size
        if header.kind in (_NAME_OF_NEXT, _PAX):
            if header.size > MOST_OF_NAME:
                raise too_much(path, message("a file's name is longer than {kib} KiB", kib=MOST_OF_NAME >> 10))
            content = stream.read(header.size)
            _pass(stream, -header.size % _BLOCK, path)
            if header.kind == _NAME_OF_NEXT:
                long_name = content.rstrip(b"\0")
            else:
                fields = _fields(content)
                long_name = fields.get(b"path", long_name)
                long_size = _number(fields.get(b"size", b""))
            continue
        if header.kind == _SPARSE:
            _pass_sparse_headers(stream, block, path)
        name = (long_name or header.name).decode("utf-8", "surrogateescape")
        long_name, long_size = b"", None
        if header.kind in _WITHOUT_CONTENT:
            continue
        wanted = keep(name) if header.kind in _REGULAR else 0
        yield from _content(stream, path, name, size, wanted)
    raise too_much(path, message("more than {number} files", number=MOST_FILES))


def _content(stream: Stream, path: str, name: str, size: int, wanted: int) -> Iterator[tuple[str, bytes]]:
    if wanted == 0:
        _pass(stream, size + -size % _BLOCK, path)
        return
    if wanted < 0:
        before = max(0, size + wanted)
        _pass(stream, before, path)
        data = stream.read(size - before)
    else:
        data = stream.read(min(size, wanted))
        _pass(stream, size - len(data), path)
    _pass(stream, -size % _BLOCK, path)
    yield name, data


def _pass(stream: Stream, size: int, path: str) -> None:
    if stream.skip(size) != size:
        raise damage_in(path)


def _pass_sparse_headers(stream: Stream, block: bytes, path: str) -> None:
    more = block[482] != 0
    while more:
        further = stream.read(_BLOCK)
        if len(further) != _BLOCK:
            raise damage_in(path)
        more = further[504] != 0


def _header(block: bytes) -> _Header | None:
    if len(block) != _BLOCK:
        return None
    summed = sum(block[:148]) + sum(block[156:]) + 8 * 0x20
    size = _size(block[124:136])
    if _octal(block[148:156]) != summed or size is None:
        return None
    name = block[:100].rstrip(b"\0").partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return _Header(prefix + b"/" + name if prefix else name, size, block[156:157])


def _size(field: bytes) -> int | None:
    """Return the size in octal digits, or in binary if its first bit is set (GNU)."""
    if field[0] & 0x80:
        size = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        return size if size < 1 << 62 else None
    return _octal(field)


def _octal(field: bytes) -> int | None:
    digits = field.strip(b" \0")
    if not digits:
        return 0
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else None


def _number(text: bytes) -> int | None:
    return int(text) if re.fullmatch(rb"\d{1,18}", text) else None


def _fields(content: bytes) -> dict[bytes, bytes]:
    """Return the records of a pax header, each ``LENGTH KEY=VALUE``."""
    found: dict[bytes, bytes] = {}
    at = 0
    while (record := _RECORD.match(content, at)) is not None and int(record[1]) > record.end() - at:
        found[record[2]] = content[record.end() : at + int(record[1]) - 1]
        at += int(record[1])
    return found
