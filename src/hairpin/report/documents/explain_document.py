"""The JSON document of ``hairpin explain TEXT``: ``hairpin.explain/1``, docs/schema/explain-1.json.

``hairpin explain CAUSE-ID`` prints a ``PageDocument`` of the same schema: see ``pages``.
"""

from datetime import UTC, datetime
from typing import Literal

import msgspec

import hairpin
from hairpin.answer.answer import Judge
from hairpin.answer.texts.explain import Explanation, TextAnswer
from hairpin.answer.texts.here import Here, TextHere
from hairpin.answer.texts.sender import SenderKind, TextSender
from hairpin.explain.named import Named, question_about
from hairpin.explain.nearest import shown_pattern
from hairpin.explain.understand import TextFound
from hairpin.report.documents.head import HostDocument, MissingDocument, host_document, missing_documents
from hairpin.report.places import places_of
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.refs import EvidenceRef, StableId, Time
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict
from hairpin.words.meaning import TextMeaning

SCHEMA: Literal["hairpin.explain/1"] = "hairpin.explain/1"


class StoppedFlow(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """The flow whose walk proves that a text is true here."""

    origin: str
    to: str
    container: str | None
    verdict: Verdict


class SenderDocument(msgspec.Struct, frozen=True):
    """The program, container or host that printed a text.  ``kind``: ``elsewhere`` means a host or a container that was
    not read.  ``name``: the sender's program, container or address.  ``host``: the host on which the sender runs.
    ``told_by``: the source that names the sender: the ``option`` --from, the ``line`` itself, or the ``form`` of the
    text, which only this kind of sender prints; null if the sender is unknown."""

    kind: SenderKind
    name: str | None
    host: str | None
    told_by: Literal["option", "line", "form"] | None


class TextProof(msgspec.Struct, frozen=True):
    """The proof that a text is true on the hosts that were read.

    ``judge``: ``read`` if a reading of the host is the proof.  If a walk is the proof, ``judge`` has the same values as
    in hairpin.report/1.  ``without_change`` and ``with_change`` are the verdicts of ``flow``."""

    cause_id: StableId
    host: str
    title: str
    judge: Judge | Literal["read"]
    flow: StoppedFlow | None
    without_change: Verdict | None
    with_change: Verdict | None
    evidence: tuple[EvidenceRef, ...]


class NamedDocument(msgspec.Struct, frozen=True):
    """A thing that the text names: a port, an address, a container, a link, a chain, a path."""

    kind: str
    value: str


class FoundDocument(msgspec.Struct, frozen=True):
    """A text with a meaning.  ``line``: the number of the text's first line, from 1.  ``first_at``, ``last_at``: the
    times of the first and the last line with this text; null if the lines have no time.  ``here``: whether what the
    text says is true of the examined host.  ``why``: the reason why ``here`` is true, false or undecided.
    ``remedies``: the ids of the repairs."""

    line: int
    quote: str
    id: StableId
    program: str
    meaning: str
    cause_ids: tuple[StableId, ...]
    here: Here
    why: str
    proof: TextProof | None
    count: int
    first_at: Time | None
    last_at: Time | None
    remedies: tuple[StableId, ...]
    named: tuple[NamedDocument, ...]
    ask: tuple[str, ...]
    """The ``hairpin`` commands that ask about the ports and addresses in the text."""
    sender: SenderDocument


class HarmlessDocument(msgspec.Struct, frozen=True):
    """A text that shows no fault of this host, because healthy hosts log it, too."""

    line: int
    quote: str
    id: StableId
    meaning: str
    count: int
    first_at: Time | None
    last_at: Time | None


class NearestDocument(msgspec.Struct, frozen=True):
    """A known text that shares rare words with a line that hairpin does not know.  It is not claimed that the line is
    this text.  ``text``: the text's fixed words, with `…` for each part that varies."""

    id: StableId
    program: str
    text: str
    meaning: str


class UnknownKind(msgspec.Struct, frozen=True):
    """A kind of line that hairpin does not know.  ``nearest``: at most three known texts, the nearest first."""

    line: int
    quote: str
    count: int
    nearest: tuple[NearestDocument, ...]


class UnknownDocument(msgspec.Struct, frozen=True):
    """The first kinds of line that hairpin does not know.  ``rest``: the number of lines of further unknown kinds.
    ``ask``: the ``hairpin`` commands that ask about the ports and addresses in unknown lines."""

    kinds: tuple[UnknownKind, ...]
    rest: int
    ask: tuple[str, ...]


class ExplainDocument(msgspec.Struct, frozen=True):
    """The output of ``hairpin explain TEXT --json``.  ``host``: null if no host was read."""

    schema: Literal["hairpin.explain/1"]
    hairpin: str
    host: HostDocument | None
    hosts: tuple[HostDocument, ...]
    lines: int
    found: tuple[FoundDocument, ...]
    harmless: tuple[HarmlessDocument, ...]
    unknown: UnknownDocument
    evidence: dict[EvidenceRef, Quote]
    missing: tuple[MissingDocument, ...]


def explain_document(explained: Explanation, words: Words) -> ExplainDocument:
    """Return the document in the reader's language."""
    answer = explained.answer
    quotes = Quotes(answer.evidence if answer is not None else (), words)
    found = tuple(_found(each, quotes, words) for each in explained.found)
    missing = missing_documents(answer, quotes, words) if answer is not None else ()
    return ExplainDocument(
        schema=SCHEMA,
        hairpin=hairpin.__version__,
        host=host_document(answer.network.this) if answer is not None else None,
        hosts=tuple(map(host_document, answer.network.hosts)) if answer is not None else (),
        lines=explained.lines,
        found=found,
        harmless=tuple(_harmless(each, words) for each in explained.harmless),
        unknown=_unknown(explained, words),
        evidence=quotes.all(),
        missing=missing,
    )


def _found(each: TextAnswer, quotes: Quotes, words: Words) -> FoundDocument:
    text, here = each.text, each.here
    return FoundDocument(
        line=text.line,
        quote=text.quote,
        id=text.entry.id,
        program=text.entry.program,
        meaning=words(text.entry.meaning),
        cause_ids=here.cause_ids,
        here=here.here,
        why=words(here.why),
        proof=_proof(here, quotes, words),
        count=text.count,
        first_at=_time(text.first_at),
        last_at=_time(text.last_at),
        remedies=tuple(dict.fromkeys(each.id for each in here.cause.remedies)) if here.cause is not None else (),
        named=tuple(map(_named, text.named)),
        ask=tuple(question_about(target, here.sender.start) for target in text.targets),
        sender=_sender(here.sender),
    )


def _sender(sender: TextSender) -> SenderDocument:
    return SenderDocument(sender.kind, sender.name or None, sender.host or None, sender.told_by or None)


def _proof(here: TextHere, quotes: Quotes, words: Words) -> TextProof | None:
    cause, answer = here.cause, here.answer
    if cause is None or answer is None:
        return _read(here, quotes, words) if here.here == "true" else None
    flow = here.flow
    stopped = None
    if flow is not None:
        places = places_of(answer)
        target = flow.trace.flow.target_text()
        stopped = StoppedFlow(places.start(flow.trace.flow), target, flow.trace.flow.container, flow.verdict)
    return TextProof(
        cause_id=cause.id,
        host=cause.host,
        title=words(cause.candidate.title),
        judge=cause.judge if cause.proof is not None else "read",
        flow=stopped,
        without_change=cause.proof.without_change if cause.proof is not None else None,
        with_change=cause.proof.with_change if cause.proof is not None else None,
        evidence=quotes.cause(cause),
    )


def _read(here: TextHere, quotes: Quotes, words: Words) -> TextProof | None:
    """Return the proof of a text for which hairpin found no cause with a repair: only a reading is the proof.
    Return None if no reading shows that the text is true, or if the text has no cause ids."""
    reading = here.reading
    if reading is None or not here.cause_ids:
        return None
    quoted = (quotes.plain(each) for each in reading.evidence)
    evidence = tuple(each for each in quoted if each is not None)
    return TextProof(here.cause_ids[0], reading.host, words(reading.said), "read", None, None, None, evidence)


def _harmless(text: TextFound, words: Words) -> HarmlessDocument:
    return HarmlessDocument(
        text.line,
        text.quote,
        text.entry.id,
        words(text.entry.meaning),
        text.count,
        _time(text.first_at),
        _time(text.last_at),
    )


def _unknown(explained: Explanation, words: Words) -> UnknownDocument:
    kinds = tuple(
        UnknownKind(each.line, each.quote, each.count, tuple(_nearest(near, words) for near in each.nearest))
        for each in explained.unknown
    )
    return UnknownDocument(kinds, explained.rest, tuple(map(question_about, explained.targets)))


def _nearest(entry: TextMeaning, words: Words) -> NearestDocument:
    return NearestDocument(entry.id, entry.program, shown_pattern(entry), words(entry.meaning))


def _named(each: Named) -> NamedDocument:
    return NamedDocument(each.kind, each.value)


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at is not None else None
