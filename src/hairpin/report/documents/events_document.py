"""The JSON document of ``hairpin events``: ``hairpin.events/1``, docs/schema/events-1.json."""

from typing import Literal

import msgspec

from hairpin.answer.matrix import Matrix
from hairpin.report.documents.document import FlowDocument, flow_document
from hairpin.report.documents.head import HostDocument, MissingDocument, head_of, missing_documents
from hairpin.report.places import places_of
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.refs import CauseRef, EvidenceRef, FlowRef, StableId
from hairpin.report.words import Words
from hairpin.walk.open_connection import Fate
from hairpin.walk.verdicts import Verdict

SCHEMA: Literal["hairpin.events/1"] = "hairpin.events/1"


class CellDocument(msgspec.Struct, frozen=True):
    """One flow under one event.  ``established``: the fate of a connection that is open when the event begins; null if
    the flow does not pass before the event.  ``conditions``: the facts that cannot be foreseen and on which the verdict
    depends."""

    flow: FlowRef
    event: StableId
    host: str
    before: Verdict
    after: Verdict
    established: Fate | None
    causes: tuple[CauseRef, ...]
    conditions: tuple[str, ...]


class StrikeDocument(msgspec.Struct, frozen=True):
    """A cause that stops flows only after the event."""

    ref: CauseRef
    id: StableId
    severity: Literal["latent"]
    title: str
    host: str
    event: StableId
    flows: tuple[FlowRef, ...]


class EventsDocument(msgspec.Struct, frozen=True):
    """The effects of events: for each event that can happen, its effect on each flow.

    ``failures``: for each event, sentences about programs that do not start after it."""

    schema: Literal["hairpin.events/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    flows: tuple[FlowDocument, ...]
    matrix: tuple[CellDocument, ...]
    causes: tuple[StrikeDocument, ...]
    failures: dict[StableId, tuple[str, ...]]
    evidence: dict[EvidenceRef, Quote]
    missing: tuple[MissingDocument, ...]


def events_document(found: Matrix, words: Words) -> EventsDocument:
    """Return the document in the reader's language."""
    answer = found.answer
    quotes, places = Quotes(answer.evidence, words), places_of(answer)
    flows = tuple(flow_document(each, answer, quotes, words, places) for each in answer.flows)
    missing = missing_documents(answer, quotes, words)
    return EventsDocument(
        schema=SCHEMA,
        **head_of(answer),
        flows=flows,
        matrix=tuple(
            CellDocument(
                cell.flow,
                row.event,
                row.host,
                cell.before,
                cell.after,
                cell.established,
                cell.causes,
                tuple(map(words, row.conditions)),
            )
            for row in found.rows
            for cell in row.cells
        ),
        causes=tuple(
            StrikeDocument(each.ref, each.id, "latent", words(each.title), each.host, each.event, each.flows)
            for row in found.rows
            for each in row.strikes
        ),
        failures={row.event: tuple(map(words, row.failures)) for row in found.rows if row.failures},
        evidence=quotes.all(),
        missing=missing,
    )
