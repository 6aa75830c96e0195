"""Reads a command's input: evidence of this machine, over ssh or from a file, and the file of ``--outside``."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hairpin.collect.several import What, parse_place, read_all, read_this
from hairpin.collect.snapshot import RECENT, AskedTraces
from hairpin.errors import UsageError
from hairpin.evidence.several import Source
from hairpin.message import message

if TYPE_CHECKING:
    from hairpin.cli.face.asked import Asked, Given, Kind
    from hairpin.collect.several import Place
    from hairpin.evidence.reading import Evidence
    from hairpin.network.world import World


class ThisHost:
    """How the commands of this process read this machine.  A guard's answers have another reader.

    ``keeps_files``: whether a command may keep a file for its user, such as a disagreement."""

    def __init__(self) -> None:
        self.read = read_this
        self.keeps_files = True


this_host = ThisHost()


def gather(
    sources: "tuple[Given, ...]",
    *,
    root: str | None = None,
    only: tuple[str, ...] = (),
    what: What = "state",
    traces: AskedTraces = RECENT,
    asks_sets: bool = False,
) -> tuple[Source, ...]:
    """Return the evidence of the named hosts, in their order.  If no host is named, return the evidence of this
    machine.

    ``root``: the directory under which configuration files are read.  ``only``: the containers of this machine that are
    entered.  ``asks_sets``: whether long sets of this machine are left out, see :func:`hairpin.collect.run.collect`.
    ``what``: the kind of evidence that is read from live hosts.  ``traces``: the traces that are read from live hosts.
    Raises UsageError, CollectError or EvidenceError.
    """
    if sources:
        places = tuple(parse_place(each.kind, each.text) for each in sources)
        return read_all(places, root=root, what=what, traces=traces, readers=_read_text)
    if sys.platform != "linux":
        raise UsageError(
            message(
                "this is not a Linux host ({platform}): examine one with --host USER@HOST or --snapshot FILE",
                platform=sys.platform,
            )
        )
    found = this_host.read(root=root, only=only, what=what, traces=traces, asks_sets=asks_sets)
    if what == "state" or root is not None or traces.kinds:
        return (found,)
    from hairpin.guard.trace import with_guard

    return (with_guard(found, traces.since),)


def refuse_told(asked: "Asked", command: str, kinds: "tuple[Kind, ...]" = ("text", "bundle")) -> None:
    """Raise UsageError if the user names a source of one of these kinds, because such a source shows only a part of a
    host."""
    for each in asked.sources:
        if each.kind in kinds:
            raise UsageError(
                message(
                    "{asked} needs the whole host, but --{kind} {text} describes only a part; for that part, use "
                    "`{instead}`",
                    asked=f"hairpin {command}", kind=each.kind, text=each.text, instead=_instead(each),
                )
            )  # fmt: skip


def complain_of_told(asked: "Asked", lang: str | None) -> None:
    """Say on standard error that hairpin supposes every part of the host that the text or the bundle does not have."""
    from hairpin.cli.face.output import complain

    for each in asked.sources:
        if each.kind in ("text", "bundle"):
            complain(
                message(
                    "hairpin assumes an ordinary host for everything that --{kind} {text} does not show; `{instead}` "
                    "lists these parts",
                    kind=each.kind, text=each.text, instead=f"{_instead(each)} -v",
                ),
                lang,
            )  # fmt: skip


def _instead(given: "Given") -> str:
    return shlex.join(("hairpin", "check", f"--{given.kind}", given.text))


def _read_text(place: "Place") -> "Evidence":
    """Return the evidence of the host that a pasted text or a support bundle describes."""
    if place.kind == "text":
        from hairpin.pasted.text import evidence_in_files

        return evidence_in_files((place.place, *place.further))
    from hairpin.pasted.bundle.read import evidence_in_bundle

    return evidence_in_bundle(place.place)


def stated_world(path: str | None) -> "World":
    """Return the world that the file of ``--outside`` states, or an empty world if no file is given.

    Raise UsageError if the file is wrong."""
    # Imported here, because a snapshot needs no module of the analysis.
    from hairpin.network.world import World

    if path is None:
        return World()
    from hairpin.question.outside import parse_world

    try:
        return parse_world(Path(path).read_bytes().decode(), path)
    except OSError as error:
        raise UsageError(
            message("--outside {path}: cannot be read: {reason}", path=path, reason=error.strerror)
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(message("--outside {path}: cannot be read: {reason}", path=path, reason=error)) from error
