"""The types of a host's verbatim readings, from which all later layers start.

A :class:`Reading` is the answer of one command, file or API call in one network namespace.  An :class:`Evidence`
contains all readings of one host at one time.  This module parses no text: the parsers are in ``netfilter/`` and
``host/``.  ``docs/reference/evidence.md`` lists the keys.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec

SCHEMA = "hairpin.evidence/1"
HOST = "host"
"""The ``netns`` of readings of the namespace in which the collector was started."""

Place = tuple[str, str]
"""A reading's key and network namespace."""
Outcome = Literal["text", "absent", "refused", "failed"]

NOT_JSON = 65
"""The status of a reading of a file that should be JSON and is not (EX_DATAERR of sysexits.h)."""
CUT = 124
"""The status of a reading that was ended by the time limit."""
UNSHOWN = 69
"""The status of an absent reading whose thing the kernel has, but no tool of the host shows (EX_UNAVAILABLE)."""


CONTAINER_LOG = "container-log"
"""The key of a reading of the last lines that a container has written.  Its origin has the container's id."""
PASTED = "pasted"
"""The key of the reading that lists what was recognised in a pasted text.  Evidence with this reading comes from a
text.  A part that such evidence lacks was not pasted, and may have any state."""


class Reading(msgspec.Struct, frozen=True):
    """A reading: one answer of the host.

    ``text`` is standard output, verbatim.  If ``outcome`` is not "text", ``text`` is the first lines of standard error
    or a sentence of the collector.  Bytes that are not UTF-8 are lone surrogates (PEP 383, ``surrogateescape``).
    """

    id: str
    """The reading's id, such as ``e17``: its number in reading order, which is unique in one evidence.  Among several
    hosts it is ``node2:e17`` (``several.py``)."""
    key: str
    """The name of the reading, from the table in ``docs/reference/evidence.md``."""
    netns: str
    """``host``, ``container:NAME``, or empty if the reading belongs to no network namespace."""
    origin: str
    """The exact command line, file path or API call."""
    at: str
    """The time of the reading: RFC 3339, UTC."""
    status: int
    """The exit status: 0 for success, 127 for a command that is not installed, 124 for a time-out, or :data:`NOT_JSON`
    or :data:`UNSHOWN`."""
    outcome: Outcome
    """``text``: the thing was read.  ``absent``: there is no such command, file or module.  ``refused``: permission was
    denied.  ``failed``: the reading failed for another reason."""
    text: str
    took_ms: int | None = None
    """The time that the answer took, in steps of 10 ms; None if it was not measured."""


def is_terse(reading: Reading) -> bool:
    """Return whether the reading lists tables of nftables without the elements of their sets (nft(8) ``--terse``)."""
    return reading.key == "nft-table" and " -t " in reading.origin


def utc_text(at: datetime, timespec: str = "seconds") -> str:
    """Return a time of UTC in the form that readings and reports use: RFC 3339, to the second or with the precision
    that ``timespec`` states as in ``isoformat``."""
    return at.isoformat(timespec=timespec).replace("+00:00", "Z")


def moment(text: str) -> float | None:
    """Return the time of an RFC 3339 text in seconds since the epoch.  A text without a time zone is in UTC."""
    try:
        at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def text_reading(text: str, origin: str, evidence_id: str = "") -> Reading:
    """Return a text as a reading.  The text comes from a file that a change writes, or from a command in a script, and
    not from the collector."""
    return Reading(evidence_id, "", "", origin, "", 0, "text", text)


class Evidence(msgspec.Struct, frozen=True, dict=True):
    """All readings of one host, in the order of their ids.

    ``taken_at``: the time of the readings by the host's own clock.  ``collected_at``: the same time by the clock of the
    machine that read the host over ssh; empty if the host was read by itself.  ``label``: the host's name in this run;
    the label is not part of the content, and is not written to files.
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
        """The host's label, or the host's own name if it has no label."""
        return self.label or self.hostname

    def find(self, key: str, netns: str) -> Reading | None:
        """Return the first reading with ``key`` in ``netns``, with any outcome; None if there is no such reading."""
        for reading in self.readings:
            if reading.key == key and reading.netns == netns:
                return reading
        return None

    def all(self, key: str, netns: str | None = None) -> tuple[Reading, ...]:
        """Return all readings with ``key``, in reading order.  If ``netns`` is given, return only its readings."""
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
        """The id ``sha256:…`` over :func:`lines_of`.  The same content has the same id, whichever file contains it."""
        digest = hashlib.sha256()
        for line in lines_of(self):
            digest.update(line)
        return f"sha256:{digest.hexdigest()}"


_RULES = ("iptables-nft-save", "iptables-legacy-save", "nft-tables")


def lacks_rules(evidence: Evidence) -> bool:
    """Return whether the host refused to list the rules of its own namespace: a user without root asked."""
    return any(
        each.netns == HOST and each.outcome == "refused" and each.key.startswith(_RULES) for each in evidence.readings
    )


def with_further(evidence: Evidence, readings: Iterable[Reading]) -> Evidence:
    """Return the evidence with the given readings added after its own readings.

    The added readings get the next ids of the same host."""
    taken = len(evidence.readings)
    host = evidence.readings[0].id.rpartition("e")[0] if evidence.readings else ""
    more = (msgspec.structs.replace(each, id=f"{host}e{taken + n}") for n, each in enumerate(readings, 1))
    return msgspec.structs.replace(evidence, readings=(*evidence.readings, *more))


def is_trace(key: str) -> bool:
    """Return whether readings with this key are traces of the past (``story/``, ``answer/logged.py``), and not
    readings of the host's present state."""
    return key.startswith("trace-") or key == CONTAINER_LOG


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
    """Return the id that the reading has in its own evidence, without the label of its host."""
    return reading_id.rpartition(":")[2]


def _record(reading: Reading) -> dict[str, str | int]:
    """Return the reading as JSON fields.  A text that is not UTF-8 is written as ``text_base64``, because JSON cannot
    contain it."""
    named = ((name, getattr(reading, name)) for name in reading.__struct_fields__)
    fields: dict[str, str | int] = {name: value for name, value in named if value is not None}
    fields["id"] = own_id(reading.id)
    try:
        reading.text.encode("utf-8")
    except UnicodeEncodeError:
        del fields["text"]
        fields["text_base64"] = b64encode(reading.text.encode("utf-8", "surrogateescape")).decode("ascii")
    return fields
