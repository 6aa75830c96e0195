"""Reads the regular files of a zip archive."""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from hairpin.message import message
from hairpin.pasted.bundle.limits import MOST_BYTES, MOST_DIRECTORY, damage_in, too_much
from hairpin.pasted.bundle.tar import Keep

_END = b"PK\x05\x06"
_END_SIZE = 22
_MOST_COMMENT = 1 << 16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_PIECE = 1 << 16


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
