"""Prepares ``collect.sh`` for a person who runs it on a host without Python and ssh, and reads the evidence in its
output."""

from typing import BinaryIO

from hairpin import __version__
from hairpin.collect.frames import begins, parse
from hairpin.collect.run import script
from hairpin.errors import CollectError
from hairpin.evidence import file
from hairpin.evidence.reading import Evidence
from hairpin.message import message

_HOW = b"# By hand, as root: sh collect.sh > host.txt; send host.txt back, for hairpin check --snapshot host.txt.\n"
_BEGINNING = 1 << 16
"""The number of bytes within which the first line of the script's output has to begin.  Other output of the shell may
stand before this line."""


def script_for_hand() -> bytes:
    """Return ``collect.sh`` with a second comment line, which says how to run the script and what to send back."""
    first, rest = script().split(b"\n", 1)
    return first + b"\n" + _HOW + rest


def evidence_in(stream: BinaryIO, *, source: str) -> Evidence:
    """Return the evidence in an open file: a snapshot, or the output of ``collect.sh``.

    ``source`` names the file in messages.  Raises EvidenceError, or CollectError for a printed answer that is cut or
    too long.
    """
    begun = stream.read(_BEGINNING)
    if not begins(begun):
        return file.read_stream(stream, source=source, begun=begun)
    printed = begun + stream.read(file.LIMIT_BYTES)
    if len(printed) > file.LIMIT_BYTES:
        limit = file.LIMIT_BYTES >> 20
        raise CollectError(message("{name}: the answer is longer than {mib} MiB; refused", name=source, mib=limit))
    return parse(printed, hairpin=__version__, source=source)
