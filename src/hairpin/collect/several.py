"""Reads several hosts at once: snapshot files, hosts over ssh, this host."""

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.collect.by_hand import evidence_in
from hairpin.collect.run import stopped_by_interrupt
from hairpin.collect.snapshot import RECENT, AskedTraces, load, take, take_traces, with_traces
from hairpin.errors import CollectError, EvidenceError, UsageError
from hairpin.evidence.reading import Evidence, spelt
from hairpin.evidence.several import NotRead, Source
from hairpin.message import Message, message

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.#-]*")
Kind = Literal["snapshot", "text", "bundle", "host"]
STANDARD_INPUT = "-"


class Place(msgspec.Struct, frozen=True):
    """The place from which a host is read: a snapshot file (``-``: standard input), a file with pasted text, a support
    bundle (a file or a folder), or ssh.

    ``label``: the host's name in the answer; empty if the host's own name is used.  ``further``: further files with
    text about the same host."""

    kind: Kind
    place: str
    label: str = ""
    further: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The option that names the place, as the user typed it."""
        return spelt(f"--{self.kind} {self.label}={self.place}" if self.label else f"--{self.kind} {self.place}")


def parse_place(kind: Kind, text: str) -> Place:
    """Return the place that a text names: ``FILE`` or ``USER@HOST``, perhaps with ``NAME=`` in front.

    A snapshot's text with an equals sign is the name of a file as a whole if a file of this name exists, or if a slash
    stands before the equals sign.

    Raises UsageError if no place is named, or if the text before the equals sign is no label.
    """
    label, equals, place = text.partition("=")
    is_path = kind != "host" and ("/" in label or (text != "" and Path(text).exists()))
    if not (place if equals and not is_path else text).strip():
        raise UsageError(
            message("--{kind} {text!r} names no file; write FILE or NAME=FILE", kind=kind, text=text)
            if kind != "host"
            else message("--host {text!r} names no host; write USER@HOST or NAME=USER@HOST", text=text)
        )
    if kind == "bundle" and STANDARD_INPUT in (text, place):
        raise UsageError(message("--bundle names a file or a folder; standard input is neither"))
    if not equals or is_path:
        return Place(kind, text)
    if _LABEL.fullmatch(label) is None:
        raise UsageError(_no_label(kind, text, label))
    return Place(kind, place, label)


def _no_label(kind: Kind, text: str, label: str) -> Message:
    option = f"--{kind} {text}"
    return (
        message(
            "{option}: {label!r} is not a label; a label has letters, digits and . _ # - and begins with a letter or a "
            "digit; write ./FILE for a file whose name has an equals sign",
            option=option, label=label,
        )
        if kind != "host"
        else message(
            "{option}: {label!r} is not a label; a label has letters, digits and . _ # - and begins with a letter or a "
            "digit",
            option=option, label=label,
        )
    )  # fmt: skip


Reader = Callable[[Place], Evidence]
"""Reads a place that is no snapshot and no live host: ``pasted/`` does."""
What = Literal["state", "traces", "both"]
"""The kind of evidence that is read from a live host: its state, its traces, or both.  For a snapshot it has no
effect."""


def read_all(
    places: tuple[Place, ...],
    *,
    root: str | None = None,
    what: What = "state",
    traces: AskedTraces = RECENT,
    readers: "Reader | None" = None,
) -> tuple[Source, ...]:
    """Return the hosts in the order of their places, under the given labels.  The hosts are read at the same time.

    ``readers``: reads a pasted text or a support bundle.  ``root``: read configuration files under this directory of
    the hosts.  ``what``: the kind of evidence that is read from live hosts.  ``traces``: the traces that are read from
    them.  If one of several hosts cannot be read, it is returned as
    :class:`NotRead`.  Raises CollectError or EvidenceError if no host can be read, and UsageError if two files have to
    be read from standard input.
    """
    if sum(name == STANDARD_INPUT for each in places for name in (each.place, *each.further)) > 1:
        raise UsageError(message("`-` is given twice: only one file can come from standard input"))
    places = _together(places)
    with stopped_by_interrupt():
        reader = partial(_read, root=root, what=what, traces=traces, readers=readers)
        read = _at_the_same_time(places, reader) if len(places) > 1 else tuple(map(reader, places))
    failures = [each for each in read if not isinstance(each, Evidence)]
    if failures and len(failures) == len(read):
        raise failures[0]
    return tuple(
        msgspec.structs.replace(found, label=place.label)
        if isinstance(found, Evidence)
        else NotRead(place.label or _name_of(place), place.option, found.said)
        for place, found in zip(places, read, strict=True)
    )


def _together(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the places in which the files of text with the same label are one place: they are about one host."""
    found: list[Place] = []
    for each in places:
        same = next((one for one in found if (one.kind, one.label) == (each.kind, each.label)), None)
        if each.kind != "text" or same is None:
            found.append(each)
        else:
            found[found.index(same)] = msgspec.structs.replace(same, further=(*same.further, each.place))
    return tuple(found)


def read_this(
    *,
    root: str | None = None,
    only: tuple[str, ...] = (),
    what: What = "state",
    traces: AskedTraces = RECENT,
    asks_sets: bool = False,
) -> Evidence:
    """Return the wanted evidence of this machine; raise CollectError if it cannot be read."""
    return _taken(None, root=root, only=only, what=what, traces=traces, asks_sets=asks_sets)


def _at_the_same_time(
    places: tuple[Place, ...], reader: Callable[[Place], Evidence | CollectError | EvidenceError]
) -> tuple[Evidence | CollectError | EvidenceError, ...]:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - one host needs no threads

    with ThreadPoolExecutor(max_workers=len(places)) as pool:
        return tuple(pool.map(reader, places))


def _taken(
    host: str | None,
    *,
    root: str | None,
    what: What,
    traces: AskedTraces,
    only: tuple[str, ...] = (),
    asks_sets: bool = False,
) -> Evidence:
    if what == "traces":
        return take_traces(host, root=root, asked=traces)
    evidence = take(host, root=root, only=only, asks_sets=asks_sets)
    if what == "state":
        return evidence
    from hairpin.collect.container_logs import of_failed  # noqa: PLC0415 - only a snapshot has them

    wanted = msgspec.structs.replace(traces, logs=of_failed(evidence))
    return with_traces(evidence, take_traces(host, root=root, asked=wanted))


def _read(
    place: Place, *, root: str | None, what: What, traces: AskedTraces, readers: Reader | None
) -> Evidence | CollectError | EvidenceError:
    try:
        if place.kind == "host":
            return _taken(place.place, root=root, what=what, traces=traces)
        if place.kind in ("text", "bundle"):
            assert readers is not None, "a caller that takes such places gives the functions that read them"
            return readers(place)
        if place.place == STANDARD_INPUT:
            if sys.stdin is None:  # closed by the caller
                return EvidenceError(message("--snapshot -: standard input is closed"))
            return evidence_in(sys.stdin.buffer, source=STANDARD_INPUT)
        return load(Path(place.place))
    except (CollectError, EvidenceError) as error:
        return error


def _name_of(place: Place) -> str:
    """Return a name for a host that was not read: the name of its file, or the host in the ssh destination."""
    return spelt(Path(place.place).stem if place.kind != "host" else place.place.rpartition("@")[2])
