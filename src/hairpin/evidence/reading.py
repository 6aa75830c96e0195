"""A host's readings, verbatim: the type from which all later layers start.

A :class:`Reading` is the answer of one command, file or API call in one network namespace; an :class:`Evidence` is all
readings of one host at one time. Nothing here understands a text: parsers live in ``netfilter/`` and ``host/``.
``docs/reference/evidence.md`` lists the keys.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

import msgspec

SCHEMA = "hairpin.evidence/1"
HOST = "host"
"""``netns`` of the namespace that the collector was started in."""

Outcome = Literal["text", "absent", "refused", "failed"]

NOT_JSON = 65
"""Status of a file that is no JSON (EX_DATAERR of sysexits.h)."""
CUT = 124
"""Status of a reading that the time limit has ended."""
UNSHOWN = 69
"""Status of an absent reading that leaves its question open (EX_UNAVAILABLE): no tool shows what the kernel has."""


class Reading(msgspec.Struct, frozen=True):
    """One answer of the host.

    ``text`` is standard output, verbatim. If ``outcome`` is not "text", it is the first lines of standard error or a
    sentence of the collector. Bytes that are not UTF-8 are lone surrogates (PEP 383, ``surrogateescape``).
    """

    id: str
    """``e17``: number in reading order, unique in one evidence; ``node2:e17`` among several (``several.py``)."""
    key: str
    """The name of the reading, from the table in ``docs/reference/evidence.md``."""
    netns: str
    """``host``, ``container:NAME``, or empty if the reading belongs to no network namespace."""
    origin: str
    """The exact command line, file path or API call."""
    at: str
    """The time of the reading: RFC 3339, UTC."""
    status: int
    """Exit status; 0 is success, 127 not installed, 124 timed out; :data:`NOT_JSON`, :data:`UNSHOWN`."""
    outcome: Outcome
    """text: read; absent: no such command, file or module; refused: no permission; failed: anything else."""
    text: str
    took_ms: int | None = None
    """How long the answer took, in steps of 10 ms; None: it was not measured."""


def is_terse(reading: Reading) -> bool:
    """Return whether the reading lists tables of nftables without the elements of their sets (nft(8) ``--terse``)."""
    return reading.key == "nft-table" and " -t " in reading.origin


def utc_text(at: datetime, timespec: str = "seconds") -> str:
    """Return a time of UTC as readings and reports write it: RFC 3339, to the second or as ``timespec`` of isoformat
    says."""
    return at.isoformat(timespec=timespec).replace("+00:00", "Z")


def text_reading(text: str, origin: str, evidence_id: str = "") -> Reading:
    """Return a text from elsewhere (of a file that a change writes, of a command in a script) as a reading."""
    return Reading(evidence_id, "", "", origin, "", 0, "text", text)


class Evidence(msgspec.Struct, frozen=True):
    """All readings of one host, in the order of their ids.

    ``taken_at`` is by the host's own clock.  ``collected_at`` is by the clock of the machine that read the host over
    ssh; empty if the host read itself.  ``label``: the host's name in this run; it is not part of the content, and not
    in files.
    """

    schema: str
    hairpin: str
    taken_at: str
    hostname: str
    kernel: str
    readings: tuple[Reading, ...]
    collected_at: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        """The host's label; without one, its own name."""
        return self.label or self.hostname

    def find(self, key: str, netns: str) -> Reading | None:
        """Return the first reading of ``key`` in ``netns``, whatever its outcome; None if it was never read."""
        for reading in self.readings:
            if reading.key == key and reading.netns == netns:
                return reading
        return None

    def all(self, key: str, netns: str | None = None) -> tuple[Reading, ...]:
        """Return every reading of ``key``, in reading order; only those of ``netns`` if one is given."""
        return tuple(
            reading for reading in self.readings if reading.key == key and (netns is None or reading.netns == netns)
        )

    def by_id(self, reading_id: str) -> Reading | None:
        """Return the reading with this id."""
        for reading in self.readings:
            if reading.id == reading_id:
                return reading
        return None

    def file(self, path: str) -> Reading | None:
        """Return the reading of the configuration file at ``path`` (as on the host, without ``--root``)."""
        for reading in self.readings:
            if reading.key == "file" and reading.origin == path:
                return reading
        return None

    def namespaces(self) -> tuple[str, ...]:
        """Return the network namespaces that have readings, ``host`` first."""
        seen = dict.fromkeys(reading.netns for reading in self.readings if reading.netns)
        return tuple(sorted(seen, key=lambda name: name != HOST))

    @property
    def snapshot_id(self) -> str:
        """``sha256:…`` over :func:`lines_of`: the same content has the same id, wherever it is stored."""
        digest = hashlib.sha256()
        for line in lines_of(self):
            digest.update(line)
        return f"sha256:{digest.hexdigest()}"


def with_further(evidence: Evidence, readings: Iterable[Reading]) -> Evidence:
    """Return the evidence with the readings behind its own, under further ids of the same host."""
    taken = len(evidence.readings)
    host = evidence.readings[0].id.rpartition("e")[0] if evidence.readings else ""
    more = (msgspec.structs.replace(each, id=f"{host}e{taken + n}") for n, each in enumerate(readings, 1))
    return msgspec.structs.replace(evidence, readings=(*evidence.readings, *more))


def is_trace(key: str) -> bool:
    """Return whether readings of this key are about the past (``story/``), not about the host's state."""
    return key.startswith("trace-")


def spelt(text: str) -> str:
    r"""Return a text that can be printed anywhere: lone surrogates (bytes that were no UTF-8, PEP 383) are written
    ``\xff``."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def lines_of(evidence: Evidence) -> Iterator[bytes]:
    """Yield the canonical content: the header line, then one JSON line for each reading, each with its newline."""
    header = {name: getattr(evidence, name) for name in ("schema", "hairpin", "taken_at", "hostname", "kernel")}
    if evidence.collected_at:
        header["collected_at"] = evidence.collected_at
    yield msgspec.json.encode(header) + b"\n"
    for reading in evidence.readings:
        yield msgspec.json.encode(_record(reading)) + b"\n"


def own_id(reading_id: str) -> str:
    """Return the id that the reading has in its own evidence: without the label of its host."""
    return reading_id.rpartition(":")[2]


def _record(reading: Reading) -> dict[str, str | int]:
    """Return the reading as JSON fields.  JSON cannot carry a text that is not UTF-8: it becomes ``text_base64``."""
    named = ((name, getattr(reading, name)) for name in reading.__struct_fields__)
    fields: dict[str, str | int] = {name: value for name, value in named if value is not None}
    fields["id"] = own_id(reading.id)
    try:
        reading.text.encode("utf-8")
    except UnicodeEncodeError:
        del fields["text"]
        fields["text_base64"] = b64encode(reading.text.encode("utf-8", "surrogateescape")).decode("ascii")
    return fields
