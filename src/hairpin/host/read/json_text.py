"""Decodes a reading that is JSON into typed values; raises ParseError for anything else."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from hairpin.errors import ParseError, reason_of

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], text: str, *, source: str, line: int = 0) -> T:
    """Return the document; raise ParseError when it is no JSON, nested too deeply, or of another shape."""
    try:
        # Bytes that are no UTF-8 (PEP 383 surrogates) can only stand inside names: a name with a wrong character
        # loses less than a whole reading.
        return decoder.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ParseError(reason_of(error), source=source, line=line) from None


def decode_documents(decoder: msgspec.json.Decoder[T], text: str, *, source: str) -> tuple[T, ...]:
    """Return the documents of a text that has one a line, empty lines left out; raise ParseError with the line."""
    return tuple(
        decode(decoder, line, source=source, line=number)
        for number, line in enumerate(text.split("\n"), 1)
        if line and not line.isspace()
    )


def decode_list(
    many: msgspec.json.Decoder[tuple[T, ...]], one: msgspec.json.Decoder[T], text: str, *, source: str
) -> tuple[T, ...]:
    """Return the documents of a text that is an array of them, or that has one a line; raise ParseError."""
    if text.lstrip().startswith("["):
        return decode(many, text, source=source)
    return decode_documents(one, text, source=source)


def entered(found: Iterable[T], evidence: str) -> Iterator[tuple[int, T]]:
    """Yield the elements of a document with their numbers from 1; without the id of a reading they have no place: 0."""
    return enumerate(found, 1) if evidence else ((0, each) for each in found)


def is_json(text: str) -> bool:
    """Return whether a text can be JSON at all: older iproute2 answers some commands with ``-j`` in words."""
    return text.lstrip()[:1] in ("[", "{")
