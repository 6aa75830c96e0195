"""The JSON document of ``hairpin story``: ``hairpin.story/1``, docs/schema/story-1.json."""

from typing import Literal

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.host.read.managers.managing import plans_in
from hairpin.report.documents.blame_document import ActorDocument
from hairpin.report.documents.head import HostDocument, MissingDocument, head, missing_document
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.refs import EvidenceRef, StableId, Time
from hairpin.report.under_way import plan_document
from hairpin.report.words import Words, time_text
from hairpin.story.entry import Actor, Effect, EntryKind, Story, StoryEntry

SCHEMA: Literal["hairpin.story/1"] = "hairpin.story/1"


class EffectDocument(msgspec.Struct, frozen=True):
    """An effect on the network: an event, or commands as a user typed them.  ``name``: the container or link of the
    event."""

    event: StableId | None
    name: str
    commands: str


class EntryDocument(msgspec.Struct, frozen=True):
    """One entry of a story.  ``until``: the end of a time span; null if the entry is about one moment.  ``subject``:
    the thing that changed, by its name on the host.  ``by``: the actor; null if no trace names an actor.  ``effect``:
    null if the entry has no effect on the network."""

    at: Time
    until: Time | None
    kind: EntryKind
    what: str
    subject: str
    by: ActorDocument | None
    evidence: EvidenceRef | None
    effect: EffectDocument | None
    host: str


class StoryDocument(msgspec.Struct, frozen=True):
    """The entries of a story from ``since`` on, oldest first."""

    schema: Literal["hairpin.story/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    since: Time
    entries: tuple[EntryDocument, ...]
    evidence: dict[EvidenceRef, Quote]
    missing: tuple[MissingDocument, ...]


def story_document(story: Story, evidence: tuple[Evidence, ...], words: Words) -> StoryDocument:
    """Return the document in the reader's language."""
    quotes = Quotes(evidence, words)
    entries = tuple(_entry(each, quotes, words) for each in story.entries)
    missing = tuple(missing_document(each, quotes.trace(each.evidence, ""), words) for each in story.missing)
    return StoryDocument(
        schema=SCHEMA,
        **head(tuple(map(_host, evidence))),
        since=time_text(story.since),
        entries=entries,
        evidence=quotes.all(),
        missing=missing,
    )


def _host(evidence: Evidence) -> HostDocument:
    plan = plan_document(plans_in(evidence))
    return HostDocument(evidence.name, evidence.kernel, evidence.snapshot_id, evidence.taken_at, (), plan)


def _entry(entry: StoryEntry, quotes: Quotes, words: Words) -> EntryDocument:
    return EntryDocument(
        at=time_text(entry.at),
        until=None if entry.until is None else time_text(entry.until),
        kind=entry.kind,
        what=words(entry.what),
        subject=entry.subject,
        by=None if entry.by is None else _actor(entry.by, quotes),
        evidence=quotes.trace(entry.evidence, entry.quote),
        effect=None if entry.effect is None else _effect(entry.effect),
        host=entry.host,
    )


def _actor(actor: Actor, quotes: Quotes) -> ActorDocument:
    return ActorDocument(actor.kind, actor.name, quotes.trace(actor.evidence, actor.name))


def _effect(effect: Effect) -> EffectDocument:
    return EffectDocument(effect.event, effect.name, effect.commands)
