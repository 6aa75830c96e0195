"""Reads several hosts at once: snapshot files, hosts over ssh, this host."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.collect.snapshot import load, take
from hairpin.errors import CollectError, EvidenceError, UsageError
from hairpin.evidence import file
from hairpin.evidence.reading import Evidence
from hairpin.evidence.several import NotRead, Source
from hairpin.message import message

_LABELLED = re.compile(r"(?P<label>[A-Za-z0-9][A-Za-z0-9_.#-]*)=(?P<place>.+)")
Kind = Literal["snapshot", "host"]
STANDARD_INPUT = "-"


class Place(msgspec.Struct, frozen=True):
    """Where a host is read from: a snapshot file (``-``: standard input), or ssh.

    ``label``: the host's name in the answer; empty: its own name."""

    kind: Kind
    place: str
    label: str = ""

    @property
    def option(self) -> str:
        """The option that names the place, as typed."""
        return f"--{self.kind} {self.label}={self.place}" if self.label else f"--{self.kind} {self.place}"


def parse_place(kind: Kind, text: str) -> Place:
    """Return the place that ``FILE``, ``USER@HOST`` or either with ``NAME=`` in front names.

    A text with an equals sign that is the name of an existing file names that file."""
    found = _LABELLED.fullmatch(text)
    if found is None or (kind == "snapshot" and Path(text).exists()):
        return Place(kind, text)
    return Place(kind, found["place"], found["label"])


def read_all(places: tuple[Place, ...], *, root: str | None = None) -> tuple[Source, ...]:
    """Return the hosts in the order of their places, under the given labels.  They are read at the same time.

    ``root``: read configuration files under this directory of the hosts.  One of several hosts that cannot be read is a
    :class:`NotRead`.  Raises CollectError or EvidenceError if none can be read, UsageError if two snapshots are to come
    from standard input.
    """
    if sum(each.place == STANDARD_INPUT for each in places) > 1:
        raise UsageError(message("--snapshot -: only one snapshot can come from standard input"))
    with ThreadPoolExecutor(max_workers=max(1, len(places))) as pool:
        read = tuple(pool.map(partial(_read, root=root), places))
    failures = [each for each in read if not isinstance(each, Evidence)]
    if failures and len(failures) == len(read):
        raise failures[0]
    return tuple(
        msgspec.structs.replace(found, label=place.label)
        if isinstance(found, Evidence)
        else NotRead(place.label or _name_of(place), place.option, found.said)
        for place, found in zip(places, read, strict=True)
    )


def _read(place: Place, *, root: str | None) -> Evidence | CollectError | EvidenceError:
    try:
        if place.kind == "host":
            return take(place.place, root=root)
        if place.place == STANDARD_INPUT:
            return file.read_stream(sys.stdin.buffer, source=STANDARD_INPUT)
        return load(Path(place.place))
    except (CollectError, EvidenceError) as error:
        return error


def _name_of(place: Place) -> str:
    """Return a name for a host that was not read: that of its file, or the host part of the ssh destination."""
    return Path(place.place).stem if place.kind == "snapshot" else place.place.rpartition("@")[2]
