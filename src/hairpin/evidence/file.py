"""The snapshot file: one gzip member of JSON lines.

    file    := header reading* trailer
    header  := {"schema", "hairpin", "taken_at", "hostname", "kernel", "collected_at"?} NL
    reading := {"id", "key", "netns", "origin", "at", "status", "outcome", "text" | "text_base64", "took_ms"?} NL
    trailer := {"count": number of readings, "sha256": hex digest of all bytes before this line} NL

Readers ignore fields that they do not know.  A snapshot may come from an untrusted person, so the memory for reading a
snapshot is bounded: the file is decompressed as a stream, and :func:`read` never uses more than about three times
``LIMIT_BYTES``.
"""

import gzip
import hashlib
import re
import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import msgspec

from hairpin.errors import EvidenceError, WrongPathError
from hairpin.evidence.reading import SCHEMA, Evidence, Outcome, Reading, lines_of
from hairpin.message import message

LIMIT_BYTES = 256 * 1024 * 1024
"""The greatest size of the decompressed content in bytes."""
LIMIT_LINE_BYTES = 64 * 1024 * 1024
LIMIT_READINGS = 200_000
_CHUNK = 1 << 16

T = TypeVar("T")

_Short = Annotated[str, msgspec.Meta(max_length=1024)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class _Header(msgspec.Struct, frozen=True):
    schema: _Short
    hairpin: _Short = ""
    taken_at: _Short = ""
    hostname: _Short = ""
    kernel: _Short = ""
    collected_at: _Short = ""


class _Record(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=r"^e[1-9][0-9]{0,8}$")]
    key: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    netns: _Short
    origin: Annotated[str, msgspec.Meta(max_length=1 << 20)]
    at: _Short
    status: _Count
    outcome: Outcome
    text: str | None = None
    text_base64: str | None = None
    took_ms: _Count | None = None


class _Trailer(msgspec.Struct, frozen=True):
    count: _Count
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


def write(evidence: Evidence, path: Path) -> None:
    """Write the evidence to the file ``path``, which only its owner may read.  An old file is replaced only after the
    new file is complete.  ``written_file.py`` says what happens for a device, a pipe or a symbolic link.

    Raises EvidenceError if the file cannot be written.
    """
    from hairpin.evidence.written_file import written  # noqa: PLC0415 - most commands read evidence

    try:
        with written(path) as stream:
            write_stream(evidence, stream)
    except OSError as error:
        raise EvidenceError(
            message("{path}: cannot be written: {reason}; name another file with -o", path=path, reason=error.strerror)
        ) from error


def write_stream(evidence: Evidence, stream: BinaryIO) -> None:
    """Write the evidence to the stream, with the same content as :func:`write`.  Equal evidence gives equal bytes."""
    digest = hashlib.sha256()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0, filename="", compresslevel=6) as compressed:
        for line in lines_of(evidence):
            digest.update(line)
            compressed.write(line)
        trailer = {"count": len(evidence.readings), "sha256": digest.hexdigest()}
        compressed.write(msgspec.json.encode(trailer) + b"\n")


def read(path: Path) -> Evidence:
    """Return the evidence in the file ``path``; raise EvidenceError, with the reason, if the file is no complete
    snapshot."""
    try:
        with path.open("rb") as stream:
            return read_stream(stream, source=str(path))
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> WrongPathError:
    """Return the error that says why the file cannot be read."""
    return WrongPathError(message("{path}: cannot be read: {reason}", path=path, reason=error.strerror))


def read_stream(stream: BinaryIO, *, source: str, begun: bytes = b"") -> Evidence:
    """Return the evidence in an open file.  ``source``: the file's name for messages.  ``begun``: the bytes that were
    already read from the file."""
    lines = _lines(stream, source, begun)
    digest = hashlib.sha256()
    first = next(lines, b"")
    header = _header(first, source)
    digest.update(first)
    readings: list[Reading] = []
    ids: set[str] = set()
    for line in lines:
        if line.startswith(b'{"count"'):
            _check_trailer(line, len(readings), digest.hexdigest(), source)
            if next(lines, None) is not None:
                raise EvidenceError(message("{source}: damaged: content after its last line", source=source))
            return _evidence(header, tuple(readings))
        digest.update(line)
        reading = _reading(line, len(readings) + 2, source)
        if reading.id in ids:
            raise EvidenceError(
                message("{source}: damaged: two readings are called {id}", source=source, id=reading.id)
            )
        if len(ids) >= LIMIT_READINGS:
            raise EvidenceError(
                message("{source}: refused: more than {limit} readings", source=source, limit=LIMIT_READINGS)
            )
        ids.add(reading.id)
        readings.append(reading)
    raise EvidenceError(
        message(
            "{source}: truncated after {count} readings; copy or take the snapshot again",
            source=source,
            count=len(readings),
        )
    )


def _evidence(header: _Header, readings: tuple[Reading, ...]) -> Evidence:
    return Evidence(
        SCHEMA, header.hairpin, header.taken_at, header.hostname, header.kernel, readings, header.collected_at
    )


def _lines(stream: BinaryIO, source: str, begun: bytes) -> Iterator[bytes]:
    """Yield decompressed lines with their newline; raise EvidenceError if a limit is exceeded or the content is not
    gzip."""
    buffer = bytearray()
    total = 0
    for chunk in _decompressed(stream, source, begun):
        total += len(chunk)
        if total > LIMIT_BYTES:
            raise EvidenceError(
                message(
                    "{source}: refused: more than {mib} MiB when decompressed", source=source, mib=LIMIT_BYTES >> 20
                )
            )
        searched = len(buffer)
        buffer += chunk
        start = 0
        while (end := buffer.find(b"\n", max(start, searched))) >= 0:
            yield bytes(buffer[start : end + 1])
            start = end + 1
        del buffer[:start]
        if len(buffer) > LIMIT_LINE_BYTES:
            raise EvidenceError(
                message("{source}: refused: a line of more than {mib} MiB", source=source, mib=LIMIT_LINE_BYTES >> 20)
            )
    if buffer:
        raise EvidenceError(
            message("{source}: truncated: its last line is incomplete; copy or take the snapshot again", source=source)
        )


def _decompressed(stream: BinaryIO, source: str, begun: bytes) -> Iterator[bytes]:
    """Yield decompressed pieces of at most one chunk.  The caller counts the bytes and refuses a decompression bomb
    at the limit."""
    unzip = zlib.decompressobj(wbits=31)
    pending = begun or stream.read(_CHUNK)
    if not pending.startswith(b"\x1f\x8b"):
        raise WrongPathError(
            message("{source}: not a hairpin snapshot; make one with: hairpin snapshot -o FILE", source=source)
        )
    while not unzip.eof:
        if not pending and not (pending := stream.read(_CHUNK)):
            raise EvidenceError(
                message("{source}: truncated: the file ends early; copy or take the snapshot again", source=source)
            )
        try:
            piece = unzip.decompress(pending, _CHUNK)
        except zlib.error as error:
            raise EvidenceError(
                message("{source}: damaged: {reason}; copy or take the snapshot again", source=source, reason=error)
            ) from error
        pending = unzip.unconsumed_tail
        yield piece
    if unzip.unused_data or stream.read(1):
        raise EvidenceError(message("{source}: damaged: content after the end of the snapshot", source=source))


def _header(line: bytes, source: str) -> _Header:
    """Return the decoded first line.

    The schema in this line is checked first.  Therefore a file that a newer hairpin has written gets its own
    message."""
    header = _decode(line, _Header, 1, source)
    if header.schema == SCHEMA:
        return header
    newer = re.fullmatch(r"hairpin\.evidence/([0-9]{1,9})", header.schema)
    if newer and int(newer[1]) > int(SCHEMA.rpartition("/")[2]):
        raise EvidenceError(
            message(
                "{source}: written by a newer hairpin ({hairpin}, schema {schema}); this hairpin reads {known}. Update "
                "hairpin",
                source=source,
                hairpin=header.hairpin,
                schema=header.schema,
                known=SCHEMA,
            )
        )
    raise EvidenceError(
        message("{source}: not a hairpin snapshot: its schema is {schema!r}", source=source, schema=header.schema[:80])
    )


def _reading(line: bytes, number: int, source: str) -> Reading:
    record = _decode(line, _Record, number, source)
    if (record.text is None) == (record.text_base64 is None):
        raise EvidenceError(
            message(
                "{source}:{number}: damaged: a reading needs either text or text_base64, not both",
                source=source,
                number=number,
            )
        )
    text = record.text
    if record.text_base64 is not None:
        try:
            text = b64decode(record.text_base64, validate=True).decode("utf-8", "surrogateescape")
        except (Base64Error, ValueError) as error:
            raise EvidenceError(
                message("{source}:{number}: damaged: text_base64 is not base64", source=source, number=number)
            ) from error
    assert text is not None
    return Reading(
        record.id,
        record.key,
        record.netns,
        record.origin,
        record.at,
        record.status,
        record.outcome,
        text,
        record.took_ms,
    )


def _check_trailer(line: bytes, count: int, digest: str, source: str) -> None:
    trailer = _decode(line, _Trailer, count + 2, source)
    if trailer.count != count:
        raise EvidenceError(
            message(
                "{source}: damaged: it has {count} readings, but {written} were written",
                source=source,
                count=count,
                written=trailer.count,
            )
        )
    if trailer.sha256 != digest:
        raise EvidenceError(
            message("{source}: damaged or changed: its checksum does not match its content", source=source)
        )


def _decode(line: bytes, kind: type[T], number: int, source: str) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise EvidenceError(
            message(
                "{source}:{number}: not a hairpin snapshot: {reason}"
                if number == 1
                else "{source}:{number}: damaged: {reason}",
                source=source,
                number=number,
                reason=error,
            )
        ) from error
