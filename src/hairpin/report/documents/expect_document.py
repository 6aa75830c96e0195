"""The JSON document of ``hairpin expect``: ``hairpin.expect/1``, docs/schema/expect-1.json."""

from typing import Literal

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.expect.draft import Edit
from hairpin.expect.expectation import Expectation
from hairpin.expect.holding import Breach, Holding, Holdings, State
from hairpin.expect.promise import Kind, Promise, PromiseState
from hairpin.report.documents.head import HostDocument, MissingDocument, head_of, missing_documents
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.refs import EvidenceRef, StableId
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict

SCHEMA: Literal["hairpin.expect/1"] = "hairpin.expect/1"


class BreachCauseDocument(msgspec.Struct, frozen=True):
    """A cause that stops the expected flows, or an exposure that lets in whom nobody expects."""

    id: StableId
    severity: str
    title: str
    host: str


class BreachDocument(msgspec.Struct, frozen=True):
    """What contradicts the expectation.  ``event``: the event after which it does; null: now.  ``flows``: the flows,
    each as ``CLIENT → TARGET``; none if a rule keeps the client out on purpose.  ``decided``: false if the flows are
    undecided."""

    event: str | None
    verdict: Verdict
    flows: tuple[str, ...]
    causes: tuple[BreachCauseDocument, ...]
    decided: bool


class ExpectationDocument(msgspec.Struct, frozen=True):
    """An expectation as its file has it, and whether the hosts keep it.  ``state``: ``gone`` if it names something that
    does not exist.  ``broken``: whether it is not kept.  ``reason``: why it was not asked; empty if it was."""

    must: bool
    reach: str
    from_: str = msgspec.field(name="from")
    survives: tuple[str, ...] = ()
    state: State = "held"
    broken: bool = False
    reason: str = ""
    breaches: tuple[BreachDocument, ...] = ()


class PromiseDocument(msgspec.Struct, frozen=True):
    """What a Compose file or a Quadlet (``by``) promises about a container.  ``state``: ``pending`` if the file was
    changed after the container was made.  ``there``: what is there instead; empty if the promise is kept.
    ``command``: what the owner would do; hairpin does not do it."""

    host: str
    project: str
    service: str
    container: str
    kind: Kind
    promised: str
    by: str
    state: PromiseState
    there: str
    command: str


class EditDocument(msgspec.Struct, frozen=True):
    """An edit of the file.  ``reason``: why an expectation is taken out; empty if it is added."""

    edit: Literal["add", "remove"]
    must: bool
    reach: str
    from_: str = msgspec.field(name="from")
    survives: tuple[str, ...] = ()
    reason: str = ""


class ExpectDocument(msgspec.Struct, frozen=True):
    """Which expectations hold.  ``file``: empty if the promises alone are held.  ``edits``: with ``--diff``, the edits
    after which the file says what is true now."""

    schema: Literal["hairpin.expect/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    file: str
    expectations: tuple[ExpectationDocument, ...]
    promises: tuple[PromiseDocument, ...]
    edits: tuple[EditDocument, ...] | None
    evidence: dict[EvidenceRef, Quote]
    missing: tuple[MissingDocument, ...]


def expect_document(held: Holdings, file: str, words: Words, edits: tuple[Edit, ...] | None = None) -> ExpectDocument:
    """Return the document in the reader's language."""
    quotes = Quotes(held.answer.evidence, words)
    missing = missing_documents(held.answer, quotes, words)
    return ExpectDocument(
        schema=SCHEMA,
        **head_of(held.answer),
        file=file,
        expectations=tuple(expectation_document(each, words) for each in held.each),
        promises=tuple(promise_document(each, words) for each in held.promises),
        edits=None if edits is None else tuple(_edit(each, words) for each in edits),
        evidence=quotes.all(),
        missing=missing,
    )


def expectation_document(holding: Holding, words: Words) -> ExpectationDocument:
    """Return the document of one expectation in the reader's language."""
    return ExpectationDocument(
        *_parts(holding.expectation),
        state=holding.state,
        broken=holding.is_broken,
        reason=words(holding.reason) if holding.reason is not None else "",
        breaches=tuple(_breach(each, words) for each in holding.breaches),
    )


def promise_document(promise: Promise, words: Words) -> PromiseDocument:
    """Return the document of one promise in the reader's language."""
    return PromiseDocument(
        promise.host, promise.project, promise.service, promise.container, promise.kind, words(promise.promised),
        promise.by, promise.state, words(promise.there) if promise.there is not None else "", promise.command,
    )  # fmt: skip


def _parts(expectation: Expectation) -> tuple[bool, str, str, tuple[str, ...]]:
    return expectation.must, expectation.what, expectation.origin, expectation.survives


def _breach(breach: Breach, words: Words) -> BreachDocument:
    return BreachDocument(
        breach.event or None,
        breach.verdict,
        tuple(f"{each.trace.flow.start_text()} → {each.trace.flow.target_text()}" for each in breach.flows),
        tuple(_cause(each, words) for each in breach.causes),
        breach.decided,
    )


def _cause(cause: CauseAnswer, words: Words) -> BreachCauseDocument:
    return BreachCauseDocument(cause.id, cause.severity, words(cause.candidate.title), cause.host)


def _edit(edit: Edit, words: Words) -> EditDocument:
    reason = words(edit.reason) if edit.reason is not None else ""
    return EditDocument("add" if edit.adds else "remove", *_parts(edit.expectation), reason)
