"""The JSON document of ``hairpin diff``: ``hairpin.diff/1``, docs/schema/diff-1.json."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hairpin.answer.answer import Judge
from hairpin.compare.comparison import Comparison, DecidedFlow
from hairpin.compare.listed_difference import ListedDifference, PartOfHost, Text
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.report.documents.blame_document import ActorDocument, SinceDocument, since_document, through_document
from hairpin.report.documents.head import HostDocument, head, host_document
from hairpin.report.places import NO_HOSTS
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.refs import EvidenceRef, FlowRef
from hairpin.report.unread import left_undecided, why_unread
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict

SCHEMA: Literal["hairpin.diff/1"] = "hairpin.diff/1"
ChangeRef = Annotated[str, Meta(pattern=r"^d[1-9][0-9]*$")]


class ChangeDocument(msgspec.Struct, frozen=True):
    """One change.

    ``before`` and ``after``: the changed thing on the earlier and on the later host; null if the thing does not exist
    on this host.  Lines of files and chains are separated by line feeds.  ``since`` and ``by``: when and by whom the
    change was made; null if no trace of the later host proves this.  ``met``: whether the change affects an asked flow
    on one of the two hosts; null if no flows were asked."""

    ref: ChangeRef
    host: str
    netns: str
    part: PartOfHost
    where: str
    before: str | None
    after: str | None
    since: SinceDocument | None = None
    by: ActorDocument | None = None
    met: bool | None = None


class DiffFlow(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """A flow in the form in which the later host is asked about it.

    ``host``: the host on which the flow starts, or whose client sends the flow."""

    id: FlowRef
    origin: str
    to: str
    container: str | None
    purpose: Literal["published", "egress", "dns", "asked"]
    host: str


class DecidedDocument(msgspec.Struct, frozen=True):
    """A flow whose verdict differs between the two hosts.

    ``changes``: the refs of the smallest set of changes that decide the verdict.  With only these changes, the earlier
    host gives the verdict ``after``.  ``changes`` is empty if the listed changes do not explain the difference.
    ``alternatives``: other sets of the same size that decide the verdict.  ``undoing``: the refs of the changes without
    which the verdict on the later host is ``before``."""

    flow: DiffFlow
    before: Verdict
    after: Verdict
    changes: tuple[ChangeRef, ...]
    judge: Judge
    alternatives: tuple[tuple[ChangeRef, ...], ...] = ()
    undoing: tuple[ChangeRef, ...] = ()


class NotCompared(msgspec.Struct, frozen=True):
    """A reading that is missing from one of the two compared hosts."""

    key: str
    netns: str
    origin: str
    reason: str
    undecided: str
    host: str


class DiffDocument(msgspec.Struct, frozen=True):
    """The differences of two hosts, or of one host at two times.

    In ``hosts`` the earlier host, or the host that was named first, comes first.  ``walked``: the number of flows that
    were walked on both hosts."""

    schema: Literal["hairpin.diff/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    changes: tuple[ChangeDocument, ...]
    flows: tuple[DecidedDocument, ...]
    walked: int
    missing: tuple[NotCompared, ...]
    notes: tuple[str, ...] = ()
    evidence: dict[EvidenceRef, Quote] = {}


def diff_document(found: Comparison, words: Words) -> DiffDocument:
    """Return the document in the reader's language."""
    quotes = Quotes((found.traces,) if found.traces is not None else (), words)
    changes = tuple(
        _change(each, words, quotes, met=each.ref in found.met if found.met is not None else None)
        for each in found.differences
    )
    return DiffDocument(
        schema=SCHEMA,
        **head((host_document(found.was), host_document(found.now))),
        changes=changes,
        flows=tuple(map(_flow, found.flows)),
        walked=found.walked,
        missing=tuple(
            NotCompared(
                each.key, each.netns, each.origin, why_unread(each, words), words(left_undecided(each)), each.host
            )
            for each in found.unread
        ),
        notes=tuple(map(words, found.notes)),
        evidence=quotes.all(),
    )


def _change(each: ListedDifference, words: Words, quotes: Quotes, *, met: bool | None) -> ChangeDocument:
    before, after = (text_of(text, words) if text is not None else None for text in (each.before, each.after))
    where = text_of(each.where, words)
    since = since_document(each.blame) if each.blame is not None else None
    actors = through_document(each.blame, quotes) if each.blame is not None else None
    by = actors[0] if actors is not None else None
    return ChangeDocument(each.ref, each.netns.host, each.netns.name, each.part, where, before, after, since, by, met)


def text_of(text: Text, words: Words) -> str:
    """Return the text in the reader's language.  A text without a translation is returned in English."""
    return words(text) if isinstance(text, Message) else text


def _flow(each: DecidedFlow) -> DecidedDocument:
    return DecidedDocument(
        flow=_asked(each.ref, each.after.flow),
        before=each.before.verdict,
        after=each.after.verdict,
        changes=each.changes,
        judge=each.judge,
        alternatives=each.instead,
        undoing=each.undoing,
    )


def _asked(ref: str, flow: Flow) -> DiffFlow:
    return DiffFlow(ref, NO_HOSTS.start(flow), flow.target_text(), flow.container, flow.purpose, flow.host)
