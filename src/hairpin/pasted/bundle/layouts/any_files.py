"""Bundles of unknown layout: each small file is read by its sections, by its name, or as a pasted text.

WSL's ``networking.sh`` prints its commands (``set -x``); its output is one such file.
"""

import re
from collections.abc import Iterator

from hairpin.pasted.bundle.files import Files
from hairpin.pasted.bundle.layout import Layout, Piece, in_order, text_of
from hairpin.pasted.bundle.limits import MOST_OF_FILE
from hairpin.pasted.bundle.made import piece_of, with_joined_tables, without_namespace
from hairpin.pasted.bundle.sections import sections_of
from hairpin.pasted.commands import command_in

SMALL = 256 << 10
"""A file whose name shows no command is read only up to this size."""
LOOKED_AT = 32 << 20
"""The greatest size of all such files together that are read."""
_OWN = (b"hairpin-collect/1 ", b'{"schema":"hairpin.evidence/')
_BEGINNING = 1 << 16
_ENDS = re.compile(r"(?:\.(?:txt|log|out|json|yaml|yml|conf|text|md))+$")
_BINARY = re.compile(r"\.(?:gz|xz|bz2|zst|zip|png|jpe?g|gif|pdf|journal|db|pcap(?:ng)?|etl|cap|so|bin|svg|html)$")
_BEFORE = re.compile(r"before", re.IGNORECASE)
_AFTER = "after"


def _keep(path: str) -> int:
    return 0 if _BINARY.search(path) else MOST_OF_FILE


def is_useful(data: bytes) -> bool:
    """Return whether the content is small, or hairpin's own collection."""
    return 0 < len(data) <= SMALL or any(each in data[:_BEGINNING] for each in _OWN)


def _pieces_in(files: Files) -> list[Piece]:
    return in_order(with_joined_tables(list(_pieces(files))))


def _pieces(files: Files) -> Iterator[Piece]:
    for path in sorted(files):
        data = files[path]
        if len(data) > SMALL or _has_later(files, path):
            continue
        text = text_of(data)
        if "\0" in text:
            continue
        sections = sections_of(text)
        for each in sections:
            command, netns = without_namespace(each.command)
            yield piece_of(path, each.text, command, netns, each.line)
        if not sections:
            command = command_of_name(path)
            yield piece_of(path, text, command) if command else Piece(path, text)


def _has_later(files: Files, path: str) -> bool:
    """Return whether the bundle has a later output of the same command, such as ``NAME_after…`` for ``NAME_before``."""
    folder, slash, name = path.rpartition("/")
    begun = folder + slash + _BEFORE.sub(_AFTER, _ENDS.sub("", name))
    return _BEFORE.search(name) is not None and any(each.startswith(begun) for each in files)


def command_of_name(path: str) -> str:
    """Return the command that the file's name shows, as ``iptables-save.txt`` and ``ip_route.txt`` do; empty if it
    shows none."""
    name = _ENDS.sub("", path.rpartition("/")[2])
    for spelt in (name, name.replace("_", " "), re.sub(r"[_ ]|-(?!save|all|\w\b)", " ", name)):
        found = command_in(spelt, 0)
        if found is not None and len(found.words) > (0 if "-" in found.words[0] else 1):
            return " ".join(found.words)
    return ""


def _nothing(files: Files) -> str:
    del files
    return ""


LAYOUT = Layout("", _keep, _pieces_in, _nothing, _nothing)
