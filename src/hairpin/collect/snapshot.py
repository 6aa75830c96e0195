"""Takes the evidence of a host, with which ``hairpin snapshot`` and every command without ``--snapshot`` start, and
reads the host's traces.

As root of this host, hairpin itself reads the network namespaces of ordinary containers by netlink, which starts no
program in them; ``collect.sh`` reads everything else.  The script runs with ``--apart``: it leaves out other network
namespaces, and prints the reading ``apart`` for each.  A second run with ``--enter`` reads what ``netlink/`` cannot
read exactly.  If a container has changed meanwhile, everything is read again by the script alone, which knows how to
handle that.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hairpin.collect.by_hand import evidence_in
from hairpin.collect.run import LocalRunner, Runner, SshRunner, collect, evidence_of_run, words_of
from hairpin.evidence import file
from hairpin.evidence.reading import Evidence, Reading, is_trace, utc_text, with_further

if TYPE_CHECKING:
    from hairpin.collect.netlink.insides import Inside, Place


def take(
    host: str | None = None, *, root: str | None = None, only: tuple[str, ...] = (), asks_sets: bool = False
) -> Evidence:
    """Return the evidence of this host, or of ``host`` (USER@HOST) over ssh; raise CollectError.

    ``only``: the containers that are entered.  ``asks_sets``: whether long sets are left out.  See
    :func:`hairpin.collect.run.collect`."""
    return _collected(host, root=root, only=only, asks_sets=asks_sets)


class AskedTraces(msgspec.Struct, frozen=True):
    """The traces that are asked of a host.

    ``since``: the time from which on traces are read, in seconds since the epoch.  If ``since`` is None, traces of the
    last seven days are read.  ``kinds``: the kinds of traces, such as ``units``, ``packages``; empty for all kinds.
    ``trace_all`` in collect.sh has the list of kinds.  ``knows_containers``: whether an evidence of the same moment has
    what Docker tells of each container, so that Docker need not tell it again.  ``logs``: the containers whose last
    lines are read, too, each as :func:`hairpin.collect.container_logs.log_word` names it."""

    since: float | None = None
    kinds: tuple[str, ...] = ()
    knows_containers: bool = False
    logs: tuple[str, ...] = ()


RECENT = AskedTraces()
"""The traces of the last seven days."""


def take_traces(host: str | None = None, *, root: str | None = None, asked: AskedTraces = RECENT) -> Evidence:
    """Return the traces of this host, or of ``host`` (USER@HOST) over ssh: its logs and file times; raise
    CollectError."""
    words = (
        *(() if asked.since is None else (f"since={int(asked.since)}",)),
        *(f"key={each}" for each in asked.kinds),
        *(("known=containers",) if asked.knows_containers else ()),
        *(f"log={each}" for each in asked.logs),
    )
    return _collected(host, root=root, traces=words or ("all",))


def with_traces(evidence: Evidence, traces: Evidence) -> Evidence:
    """Return the evidence with the readings of the traces added after its own readings.  The added readings get the
    next ids of the same host."""
    return with_further(evidence, (each for each in traces.readings if is_trace(each.key)))


def _collected(
    host: str | None,
    *,
    root: str | None,
    only: tuple[str, ...] = (),
    traces: tuple[str, ...] = (),
    asks_sets: bool = False,
) -> Evidence:
    if host is None and not traces and os.geteuid() == 0:
        return collect_here(LocalRunner(), words_of(root=root, only=only, asks_sets=asks_sets))
    runner: Runner = LocalRunner() if host is None else SshRunner(host)
    started = datetime.now(UTC)
    evidence = collect(runner, root=root, only=only, traces=traces, asks_sets=asks_sets)
    if host is not None:  # the clock of this machine is used to compare the ages of hosts: evidence/several.py
        evidence = msgspec.structs.replace(evidence, collected_at=utc_text(started))
    return evidence


def save(evidence: Evidence, path: Path) -> None:
    """Write a snapshot file; raise EvidenceError if it cannot be written."""
    file.write(evidence, path)


def load(path: Path) -> Evidence:
    """Return the evidence in a file: in a snapshot, or in the output of ``collect.sh``.  Raises the same errors as
    :func:`evidence_in`, and WrongPathError if the file cannot be read."""
    try:
        with path.open("rb") as stream:
            return evidence_in(stream, source=str(path))
    except OSError as error:
        raise file.unreadable(path, error) from error


_APART, _FACTS, PART = "apart", "apart-facts", "part"


def collect_here(runner: Runner, arguments: tuple[str, ...]) -> Evidence:
    """Return the evidence of this host; raise CollectError.  ``runner`` runs the script in the namespaces of this
    process.  ``arguments``: see :func:`hairpin.collect.run.words_of`."""
    return with_insides(apart(runner, arguments), runner) or evidence_of_run(runner, arguments)


def apart(runner: Runner, arguments: tuple[str, ...], without: Iterable[str] = ()) -> Evidence:
    """Return what the script reads of this host: without the namespaces of containers, which :func:`with_insides` adds,
    and without some parts.  Each part begins with a reading ``part``."""
    left_out = ("--without", " ".join(without)) if without else ()
    return evidence_of_run(runner, (*arguments, "--apart", "yes", *left_out))


def with_insides(evidence: Evidence, runner: Runner) -> Evidence | None:
    """Return the evidence with what is in the namespaces of its containers now; None if one of them has changed."""
    marks = evidence.all(_APART)
    if not marks:
        return _evidence_with(evidence, {})
    from hairpin.collect.netlink.insides import Facts, Place, read_insides  # noqa: PLC0415 - a host may have none

    facts = evidence.find(_FACTS, "")
    insides = read_insides((Place(each.netns, each.origin) for each in marks), Facts(facts.text if facts else ""))
    further: dict[str, list[Reading]] = {}
    for place, inside in insides.items():
        further.setdefault(place.netns, []).extend(inside.readings)
    left = tuple(_lines(insides))
    if left:
        for each in evidence_of_run(runner, ("--enter", "\n".join(left))).readings:
            if each.netns in further:
                further[each.netns].append(each)
    if any(_has_changed(each, insides[Place(each.netns, each.origin)].inode) for each in marks):
        return None
    return _evidence_with(evidence, further)


def _lines(insides: "dict[Place, Inside]") -> Iterator[str]:
    """Yield a line for each namespace of which something is left to the script."""
    for place, inside in insides.items():
        if inside.left:
            yield "\t".join((*place, " ".join(inside.left)))


def _has_changed(mark: Reading, inode: int) -> bool:
    """Return whether the process of a namespace has ended or become another program, or is in another namespace.

    A process that is being made into a container's has the name of the engine's runtime until it is."""
    try:
        if os.stat(mark.origin).st_ino != inode:  # noqa: PTH116 - pathlib takes many times as long, for each container
            return True
        if not mark.origin.endswith("/ns/net"):
            return False
        with open(f"{mark.origin.removesuffix('/ns/net')}/comm", "rb") as file:  # noqa: PTH123
            first_line = file.read().decode("utf-8", "surrogateescape").partition("\n")[0]
            return first_line.strip() != mark.text.strip()
    except OSError:
        return True


def _evidence_with(evidence: Evidence, further: dict[str, list[Reading]]) -> Evidence:
    """Return the evidence, in which the readings of each namespace take the place of its mark."""
    found: list[Reading] = []
    for each in evidence.readings:
        if each.key == _APART:
            found += further.pop(each.netns, ())
        elif each.key not in (_FACTS, PART):
            found.append(each)
    readings = tuple(msgspec.structs.replace(each, id=f"e{number}") for number, each in enumerate(found, 1))
    return msgspec.structs.replace(evidence, readings=readings)
