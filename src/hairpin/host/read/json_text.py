r"""Decodes a reading that is JSON into typed values; raises ParseError for anything else.  First it repairs the JSON
that iproute2 prints for names with unusual characters.

A link may have any name without whitespace, ``/`` and ``:`` (net/core/dev.c dev_valid_name()), so a name may also
contain an escape character.  iproute2 writes such characters unchanged, and some versions write ``\'``.  A raw escape
character and ``\'`` are both invalid in JSON.
Source: iproute2 lib/json_writer.c jsonw_puts(); RFC 8259, section 7.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from hairpin.errors import ParseError, reason_of

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], text: str, *, source: str, line: int = 0) -> T:
    """Return the document that the text contains; raise ParseError if the text is not JSON, is nested too deeply, or
    has another structure."""
    try:
        # Bytes that are not UTF-8 (PEP 383 surrogates) occur only in names.  A wrong character in a name is a smaller
        # loss than a whole reading that is not read.
        return decoder.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ParseError(reason_of(error), source=source, line=line) from None


def decode_documents(decoder: msgspec.json.Decoder[T], text: str, *, source: str) -> tuple[T, ...]:
    """Return the documents of a text with one document on each line; raise ParseError with the line."""
    return tuple(
        decode(decoder, line, source=source, line=number)
        for number, line in enumerate(text.split("\n"), 1)
        if line and not line.isspace()
    )


def decode_list(
    many: msgspec.json.Decoder[tuple[T, ...]], one: msgspec.json.Decoder[T], text: str, *, source: str
) -> tuple[T, ...]:
    """Return the documents of a text that is an array, or that has one document on each line; raise ParseError."""
    if text.lstrip().startswith("["):
        return decode(many, text, source=source)
    return decode_documents(one, text, source=source)


def entered(found: Iterable[T], evidence: str) -> Iterator[tuple[int, T]]:
    """Yield the elements of a document with their numbers from 1.  If ``evidence`` is empty, the document was not read
    from evidence, and every number is 0."""
    return enumerate(found, 1) if evidence else ((0, each) for each in found)


def is_json(text: str) -> bool:
    """Return whether a text may be JSON.  Older iproute2 ignores ``-j`` in some commands and prints words instead."""
    return text.lstrip()[:1] in ("[", "{")


_DOCUMENTS = ("ip-", "bridge-", "tc-", "nft-", "docker-", "podman-", "swarm-")
_ODD = re.compile(r"""[\x00-\x08\x0b\x0c\x0e-\x1f]|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt']|)""")


def is_document(key: str, text: str) -> bool:
    """Return whether the text of a reading with this key is JSON, or should be JSON."""
    return key.startswith(_DOCUMENTS) and text.lstrip()[:1] in ("[", "{")


def mended(text: str) -> str:
    r"""Return the text as JSON: a raw control character becomes an escape such as ``\u001b``, a stray backslash is
    doubled, and ``\'`` becomes ``'``.

    A text that is already JSON is returned unchanged."""
    return _ODD.sub(_mended, text) if "\\" in text or not text.isprintable() else text


def _mended(found: re.Match[str]) -> str:
    match found[0]:
        case "\\":
            return "\\\\"
        case "\\'":
            return "'"
        case escape if escape.startswith("\\"):
            return escape
        case control:
            return f"\\u{ord(control):04x}"
