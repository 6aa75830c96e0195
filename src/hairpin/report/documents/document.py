"""The JSON document of ``hairpin check``: ``hairpin.report/1``, docs/schema/report-1.json."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer, Judge
from hairpin.causes.cause import Severity
from hairpin.causes.where import places
from hairpin.host.boot.configured import Configured, Writer
from hairpin.message import Message, message
from hairpin.remedy.remedy import OwnersDecision, Remedy
from hairpin.report.documents.blame_document import ActorDocument, SinceDocument, since_document, through_document
from hairpin.report.documents.effects_document import (
    EffectsDocument,
    SideEffectDocument,
    effects_document,
    side_effect_documents,
)
from hairpin.report.documents.head import HostDocument, MissingDocument, head_of, missing_documents
from hairpin.report.documents.live_document import LiveDocument, live_document
from hairpin.report.documents.text_document import (
    NextDocument,
    RecognisedDocument,
    StatedDocument,
    next_document,
    recognised_documents,
    stated_documents,
)
from hairpin.report.next_command import next_of
from hairpin.report.places import Places, places_of
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.refs import CauseRef, EvidenceRef, FlowRef, QuestionRef, StableId
from hairpin.report.text.configured import configured_text
from hairpin.report.words import Words, option_of
from hairpin.walk.decided import RuleDecided
from hairpin.walk.open_connection import Fate
from hairpin.walk.state import Stage, Stop
from hairpin.walk.verdicts import Verdict

SCHEMA: Literal["hairpin.report/1"] = "hairpin.report/1"


class StoppedAt(msgspec.Struct, frozen=True):
    """The place where the packet stopped.  ``rule``: the rule's text.  For a chain's policy, ``chain`` is set and
    ``number`` is null."""

    host: str
    netns: str
    stage: Stage
    link: str
    table: str | None = None
    chain: str | None = None
    rule: str | None = None
    evidence: EvidenceRef | None = None
    number: int | None = None
    reason: StableId | None = None


class FlowDocument(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """One flow and its verdict; ``causes``: the refs of the flow's causes.  ``answered_by``: the container, process or
    machine that answers instead of the asked container; else null.  ``host``: the host on which the flow starts, or
    whose client sends the flow.  ``to_host``: the host whose port or container is the target."""

    id: FlowRef
    origin: str
    to: str
    container: str | None
    verdict: Verdict
    conditions: tuple[str, ...]
    judge: Judge
    stopped_at: StoppedAt | None
    causes: tuple[CauseRef, ...]
    answered_by: str | None = None
    purpose: Literal["published", "egress", "dns", "asked"] = "asked"
    assumed: tuple[str, ...] = ()
    host: str = ""
    to_host: str = ""
    asked_name: str | None = None
    """The container name that this DNS flow asks the name server for; null if the flow is no DNS query."""
    before: Verdict | None = None
    """The flow's verdict before the event, if the question is about the time after an event."""
    established: Fate | None = None
    """The fate of the flow's connection that is open when the event begins.  Null if the question names no event, or if
    the flow does not pass before the event."""
    live: LiveDocument | UnsetType = UNSET
    """What real probes of the flow showed.  Absent without ``--live``."""


class ProofDocument(msgspec.Struct, frozen=True):
    """The proof of a cause: the verdict without the change that removes the cause, and the verdict with the changes for
    all causes in ``set``.  ``alternatives``: other sets of the same size that also repair the flow."""

    judge: Judge
    without_change: Verdict
    with_change: Verdict
    set: tuple[CauseRef, ...]
    alternatives: tuple[tuple[CauseRef, ...], ...] = ()


class FileDocument(msgspec.Struct, frozen=True):
    """A file that keeps a repair after a reboot, with the file's whole content."""

    file: str
    content: str


class ConfiguredDocument(msgspec.Struct, frozen=True):
    """The place of a setting: a line of a file, or an option.  ``line``: 0 if the setting is on no single line.
    ``owner``: the engine, network or container that has the option."""

    writer: Writer
    file: str
    line: int
    option: str
    owner: str
    text: str


class DecisionDocument(msgspec.Struct, frozen=True):
    """An administrator's decision.  ``said``: a sentence that names the decision's owner and the sign by which hairpin
    recognises it.  ``ask``: the question to the owner."""

    said: str
    ask: str


class RemedyDocument(msgspec.Struct, frozen=True):
    """A repair.  ``persist``: the files that keep the repair after a reboot.  ``persist_commands``: the commands with
    which the host's firewall manager, such as firewalld or ufw, keeps the repair.  ``disruptive``: whether the repair
    recreates a container, cuts connections or restarts an engine.  ``reversible``: whether the repair can be undone.
    ``proof``: the flow's verdict with this repair; null if the repair is the change that proved the cause.
    ``effects``: the repair's effects on the other known flows; null if no part of the repair could be simulated.
    ``undoes``: the decision that the repair undoes.  A repair that undoes a decision is carried out only if a person
    chooses it."""

    id: StableId
    commands: tuple[str, ...]
    persist: tuple[FileDocument, ...]
    side_effects: tuple[SideEffectDocument, ...]
    persist_commands: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    host: str = ""
    disruptive: bool = False
    reversible: bool = True
    proof: Verdict | None = None
    effects: EffectsDocument | None = None
    undoes: DecisionDocument | None = None


class CauseDocument(msgspec.Struct, frozen=True):
    """A proven cause; ``flows``: the ids of the flows that the cause stops.  ``follows_from``: the causes that led to
    this cause.  ``configured``: the file or option that has the setting, which makes the cause a policy; null if the
    cause is an accident at run time.  ``since``, ``through``: when and by whom the cause was made; null if no trace of
    the host proves this.  If ``through`` has several actors, one of them made the cause.  ``proof``: null for a state
    of the host that only a reading shows.  For a latent cause, the proof is about the time after ``event``."""

    ref: CauseRef
    id: StableId
    severity: Severity
    title: str
    detail: str
    where: dict[str, str]
    flows: tuple[FlowRef, ...]
    proof: ProofDocument | None
    event: StableId | None
    evidence: tuple[EvidenceRef, ...]
    remedies: tuple[RemedyDocument, ...]
    host: str = ""
    follows_from: tuple[CauseRef, ...] = ()
    configured: ConfiguredDocument | None = None
    decision: DecisionDocument | None = None
    """The administrator's decision that stops the flows, or that every repair would undo; null if the cause is an
    accident."""
    since: SinceDocument | None = None
    through: tuple[ActorDocument, ...] | None = None
    likely: bool | UnsetType = UNSET
    """Whether the cause rests on parts of the host that a pasted text does not tell.  A likely cause is never
    blocking.  Absent for a proven cause."""
    explains: tuple[StatedDocument, ...] | UnsetType = UNSET
    """The lines of a pasted text that the cause explains.  Absent for a host that no text describes."""
    against: tuple[StatedDocument, ...] | UnsetType = UNSET
    """The lines of a pasted text that would be otherwise if this were the only cause.  Absent as ``explains`` is."""


class QuestionDocument(msgspec.Struct, frozen=True):
    """A question that only the user can answer.

    ``flows``: the flows whose verdict depends on the answer.  ``option``: the command that tells the answer, or the
    option of the command line that states it; empty if there is none.  ``repair``: commands after which the flows pass
    with either answer."""

    ref: QuestionRef
    text: str
    if_yes: str
    if_no: str
    option: str
    flows: tuple[FlowRef, ...] = ()
    repair: tuple[str, ...] = ()


class ReportDocument(msgspec.Struct, frozen=True):
    """The whole answer.

    ``flows``: the flows in the order in which they were asked.  ``causes``: the causes in the order of their ranks.
    ``host``: the first of ``hosts``."""

    schema: Literal["hairpin.report/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    flows: tuple[FlowDocument, ...]
    causes: tuple[CauseDocument, ...]
    evidence: dict[EvidenceRef, Quote]
    missing: tuple[MissingDocument, ...]
    notes: tuple[str, ...] = ()
    questions: tuple[QuestionDocument, ...] = ()
    recognised: tuple[RecognisedDocument, ...] | UnsetType = UNSET
    """The outputs that were recognised in pasted texts; absent if every host was read itself."""
    next: NextDocument | UnsetType = UNSET
    """The command that decides most of what is undecided; absent if everything is decided, or none is known."""


def report_document(answer: Answer, words: Words) -> ReportDocument:
    """Return the document in the reader's language."""
    quotes = Quotes(answer.evidence, words)
    places = places_of(answer)
    flows = tuple(flow_document(each, answer, quotes, words, places) for each in answer.flows)
    causes = tuple(_cause(each, quotes, words, is_of_text=answer.is_of_text) for each in answer.causes)
    missing = missing_documents(answer, quotes, words)
    asked = next_of(answer, words)
    return ReportDocument(
        schema=SCHEMA,
        **head_of(answer),
        flows=flows,
        causes=causes,
        evidence=quotes.all(),
        missing=missing,
        notes=tuple(words(each) for each in (*answer.engines, *answer.elsewhere, *answer.notes)),
        questions=question_documents(answer, words),
        recognised=recognised_documents(answer) if answer.is_of_text else UNSET,
        next=next_document(asked, words) if asked is not None else UNSET,
    )


def question_documents(answer: Answer, words: Words) -> tuple[QuestionDocument, ...]:
    """Return the questions that only the user can answer."""
    return tuple(
        QuestionDocument(
            each.ref,
            words(each.question.text),
            words(each.question.if_yes),
            words(each.question.if_no),
            next((option_of(one) for one in each.question.wanted), ""),
            each.flows,
            each.repair,
        )
        for each in answer.questions
    )


def flow_document(flow: FlowAnswer, answer: Answer, quotes: Quotes, words: Words, places: Places) -> FlowDocument:
    """Return the document of one flow, with the stop and the assumptions of the flow's usual branch."""
    trace, stop, was = flow.trace, flow.stop, answer.before_of(flow)
    foreseen = answer.event.conditions if answer.event is not None else ()
    return FlowDocument(
        id=flow.ref,
        origin=places.start(trace.flow),
        to=trace.flow.target_text(),
        container=trace.flow.container,
        verdict=flow.verdict,
        conditions=tuple(words(each) for each in (*_conditions(flow), *foreseen)),
        judge=flow.judge,
        stopped_at=_stopped_at(stop, quotes) if stop is not None else None,
        causes=flow.causes,
        answered_by=(stop.answered_by if stop is not None else "") or None,
        purpose=trace.flow.purpose,
        assumed=tuple(words(each) for each in trace.assumed),
        host=trace.flow.host,
        to_host=trace.flow.asked_host or trace.flow.host,
        asked_name=trace.flow.asked_name or None,
        before=was.verdict if was is not None else None,
        established=was.established if was is not None else None,
        live=live_document(flow, words) or UNSET,
    )


def _conditions(flow: FlowAnswer) -> tuple[Message, ...]:
    """Return the conditions on which the flow's verdict depends, and the limits below which the flow passes."""
    depends = (*(each.said for each in flow.trace.conditions), *(each.below for each in flow.trace.bounds))
    of_port = (message("the sender's port is {port}", port=flow.trace.flow.sport),) * flow.trace.flow.from_port
    return (*depends, *of_port, *map(_not_told, dict.fromkeys(each.what for each in flow.supposed)))


def _not_told(part: Message | str) -> Message:
    return message(
        "the text does not show this part, so hairpin assumes that it is as on an ordinary host: {part}", part=part
    )


def _stopped_at(stop: Stop, quotes: Quotes) -> StoppedAt:
    decided = stop.decided_by
    place = decided.place if isinstance(decided, RuleDecided) else None
    return StoppedAt(
        host=stop.netns.host,
        netns=stop.netns.name,
        stage=stop.stage,
        link=stop.link,
        table=place.table if place is not None else None,
        chain=place.chain if place is not None else None,
        rule=place.text if place is not None else None,
        evidence=quotes.decided(decided),
        number=place.number or None if place is not None else None,
        reason=stop.reason,
    )


def _cause(cause: CauseAnswer, quotes: Quotes, words: Words, *, is_of_text: bool) -> CauseDocument:
    candidate = cause.candidate
    return CauseDocument(
        ref=cause.ref,
        id=cause.id,
        severity=cause.severity,
        title=words(candidate.title),
        detail=words(cause.detail),
        where=dict(places(candidate.where)),
        flows=cause.flows,
        proof=_proof(cause),
        event=cause.event,
        evidence=quotes.cause(cause),
        remedies=tuple(_remedy(each, cause.host, words) for each in cause.remedies),
        host=cause.host,
        follows_from=cause.follows_from,
        configured=_configured(cause.configured, words) if cause.configured is not None else None,
        decision=decision_document(cause.decision, words),
        since=since_document(cause.blame) if cause.blame is not None else None,
        through=through_document(cause.blame, quotes) if cause.blame is not None else None,
        likely=cause.likely or UNSET,
        explains=stated_documents(cause.explains) if is_of_text else UNSET,
        against=stated_documents(cause.against) if is_of_text else UNSET,
    )


def _configured(found: Configured, words: Words) -> ConfiguredDocument:
    said = words(configured_text(found))
    return ConfiguredDocument(found.writer, found.file, found.line, found.option, found.owner, said)


def _proof(cause: CauseAnswer) -> ProofDocument | None:
    proof = cause.proof
    if proof is None:
        return None
    return ProofDocument(cause.judge, proof.without_change, proof.with_change, cause.together, cause.alternatives)


def _remedy(remedy: Remedy, host: str, words: Words) -> RemedyDocument:
    return RemedyDocument(
        id=remedy.id,
        commands=remedy.commands,
        persist=tuple(FileDocument(each.file, each.content) for each in remedy.persist),
        side_effects=side_effect_documents(remedy, words),
        persist_commands=remedy.persist_commands,
        advice=tuple(words(each) for each in remedy.advice),
        host=host,
        disruptive=remedy.disruptive,
        reversible=remedy.reversible,
        proof=remedy.proof,
        effects=effects_document(remedy.effects) if remedy.effects is not None else None,
        undoes=decision_document(remedy.undoes, words),
    )


def decision_document(found: OwnersDecision | None, words: Words) -> DecisionDocument | None:
    """Return the document of a decision; None if there is no decision."""
    return DecisionDocument(words(found.said), words(found.ask)) if found is not None else None
