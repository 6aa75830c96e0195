"""The time at which a cause arose, and the actors that may have made it, as JSON."""

from collections.abc import Iterator

import msgspec

from hairpin.report.quotes import Quotes
from hairpin.report.refs import EvidenceRef, Time
from hairpin.report.words import time_text
from hairpin.story.blame import Blame, actor_of
from hairpin.story.entry import ActorKind


class SinceDocument(msgspec.Struct, frozen=True):
    """The time span in which a cause arose, by the host's clock."""

    not_before: Time
    not_after: Time


class ActorDocument(msgspec.Struct, frozen=True):
    """An actor that may have made a cause.  ``evidence``: the trace that names the actor."""

    kind: ActorKind
    name: str
    evidence: EvidenceRef | None


def since_document(found: Blame) -> SinceDocument:
    """Return the time span in which the cause arose."""
    return SinceDocument(time_text(found.not_before), time_text(found.not_after))


def through_document(found: Blame, quotes: Quotes) -> tuple[ActorDocument, ...] | None:
    """Return the actors that may have made the cause, each once.

    Return None if no trace names an actor, or if the trace of a possible maker does not name the maker."""
    return tuple(_actors(found, quotes)) if found.actors else None


def _actors(found: Blame, quotes: Quotes) -> Iterator[ActorDocument]:
    told: set[tuple[str, str]] = set()
    for entry in found.entries:
        actor = actor_of(entry)
        if actor is not None and (actor.kind, actor.name) not in told:
            told.add((actor.kind, actor.name))
            text = entry.quote if actor.evidence == entry.evidence else ""
            yield ActorDocument(actor.kind, actor.name, quotes.trace(actor.evidence, text))
