"""The JSON document of ``hairpin fix``: ``hairpin.fix/1``, docs/schema/fix-1.json."""

from typing import Literal, TypedDict

import msgspec

from hairpin.answer.answer import Judge
from hairpin.apply.compose import ComposeProposal
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import PlannedRemedy, RepairPlan, Unplanned, Why
from hairpin.change.commands.text import all_shown
from hairpin.change.step import ReplaceFile, Step, nature
from hairpin.remedy.remedy import Remedy
from hairpin.report.documents.document import DecisionDocument, FlowDocument, decision_document, flow_document
from hairpin.report.documents.effects_document import (
    FlowEffectDocument,
    SideEffectDocument,
    effects_document,
    side_effect_documents,
)
from hairpin.report.documents.head import HostDocument, MissingDocument, head_of, missing_documents
from hairpin.report.places import places_of
from hairpin.report.quotes import Quotes
from hairpin.report.refs import CauseRef, StableId
from hairpin.report.text.effects_text import unasked_told
from hairpin.report.text.plan_text import changed_lines
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict

SCHEMA: Literal["hairpin.fix/1"] = "hairpin.fix/1"


class FileChangeDocument(msgspec.Struct, frozen=True):
    """A file that is written.  ``changes``: the added and removed lines, each with ``+`` or ``-`` before it."""

    file: str
    changes: tuple[str, ...]


class RepairDocument(msgspec.Struct, frozen=True):
    """A repair of the plan.  ``id``: the word with which a user chooses the repair (``--choose``).  ``irreversible``:
    the commands that cannot be undone."""

    id: str
    cause: CauseRef | None
    cause_id: StableId | None
    title: str
    host: str
    commands: tuple[str, ...]
    files: tuple[FileChangeDocument, ...]
    persist_commands: tuple[str, ...]
    persist: tuple[FileChangeDocument, ...]
    side_effects: tuple[SideEffectDocument, ...]
    irreversible: tuple[str, ...]
    disruptive: bool
    decision: DecisionDocument | None = None
    """An administrator's decision about the flows that the repair lets through; null if there is no such decision."""
    undoes: DecisionDocument | None = None
    """An administrator's decision that the chosen repair undoes; null if the repair undoes no decision."""


class LeftOutDocument(msgspec.Struct, frozen=True):
    """A repair that is not part of the plan.

    ``why``: the reason.  A repair that is left out because of ``policy``, ``disruptive``, ``instead``, ``opens``,
    ``closes`` or ``diverts`` can be chosen with ``--choose``.  No other left-out repair can be chosen.  ``effects``:
    the effects because of which the repair is left out."""

    id: str
    cause: CauseRef | None
    cause_id: StableId | None
    title: str
    host: str
    why: Why
    commands: tuple[str, ...]
    advice: tuple[str, ...]
    effects: tuple[str, ...] = ()
    decision: DecisionDocument | None = None
    """An administrator's decision about the flows that the repair would let through; null if there is no
    such decision."""
    undoes: DecisionDocument | None = None
    """An administrator's decision that the repair would undo; null if the repair would undo no decision."""


class ComposeDocument(msgspec.Struct, frozen=True):
    """A proposed edit of a compose file, with which the project's next start keeps the repair.  hairpin does not write
    the file.

    ``file``: null if no file with the service was found.  ``old``: the key's present value; empty if it is unknown.
    ``changes``: the added and removed lines, each with ``+`` or ``-`` before it; empty if hairpin cannot edit a key in
    this style."""

    project: str
    service: str
    key: str
    old: str
    new: str
    file: str | None
    changes: tuple[str, ...]


class VerifiedDocument(msgspec.Struct, frozen=True):
    """The verdicts of one flow of the question before and after the plan: the first flow whose verdict has changed, or,
    if no verdict has changed, the first flow.  ``judge``: the strongest judge of the verdict ``after``."""

    before: Verdict
    after: Verdict
    judge: Judge


class FixDocument(msgspec.Struct, frozen=True):
    """The plan and its outcome.  ``opens``, ``closes``, ``diverts``, ``restores``: the effects on known flows that were
    not asked.  ``cut``: flows whose open connections break.  ``undo``: the command that undoes the plan; null if no
    step of the plan is in force."""

    schema: Literal["hairpin.fix/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    flows: tuple[FlowDocument, ...]
    then: tuple[Verdict, ...]
    plan: tuple[RepairDocument, ...]
    left_out: tuple[LeftOutDocument, ...]
    compose: tuple[ComposeDocument, ...]
    lost_after: tuple[StableId, ...]
    opens: tuple[FlowEffectDocument, ...]
    closes: tuple[FlowEffectDocument, ...]
    diverts: tuple[FlowEffectDocument, ...]
    restores: tuple[FlowEffectDocument, ...]
    cut: tuple[str, ...]
    applied: bool
    verified: VerifiedDocument | None
    undo: str | None
    said: str | None
    missing: tuple[MissingDocument, ...]


def fix_document(
    plan: RepairPlan, outcome: FixOutcome | None, words: Words, proposals: tuple[ComposeProposal, ...] = ()
) -> FixDocument:
    """Return the document in the reader's language.  ``outcome``: None if the plan was not carried out."""
    answer, effects = plan.answer, effects_document(plan.effects)
    quotes, places = Quotes(answer.evidence, words), places_of(answer)
    return FixDocument(
        schema=SCHEMA,
        **head_of(answer),
        flows=tuple(flow_document(each, answer, quotes, words, places) for each in answer.flows),
        then=plan.then,
        plan=tuple(_repair(each, words) for each in plan.repairs),
        left_out=tuple(_left_out(each, words) for each in plan.left_out),
        compose=tuple(map(_compose, proposals)),
        lost_after=plan.lost_after,
        opens=effects.opens,
        closes=effects.closes,
        diverts=effects.diverts,
        restores=effects.restores,
        cut=effects.cut,
        **outcome_of(outcome, words),
        missing=missing_documents(answer, quotes, words),
    )


def _repair(repair: PlannedRemedy, words: Words) -> RepairDocument:
    remedy, cause = repair.remedy, repair.cause
    return RepairDocument(
        id=repair.id,
        cause=cause.ref if cause is not None else None,
        cause_id=cause.id if cause is not None else None,
        title=words(repair.title),
        host=repair.host,
        commands=all_shown(_commands(remedy.steps)),
        files=_files(remedy.steps),
        persist_commands=all_shown(_commands(remedy.keeping)),
        persist=_files(remedy.keeping),
        side_effects=side_effect_documents(remedy, words),
        irreversible=all_shown(each for each in repair.irreversible if nature(each) == "irreversible"),
        disruptive=remedy.disruptive,
        decision=decision_document(cause.decision if cause is not None else None, words),
        undoes=decision_document(remedy.undoes, words),
    )


def _commands(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(each for each in steps if not isinstance(each, ReplaceFile))


def _files(steps: tuple[Step, ...]) -> tuple[FileChangeDocument, ...]:
    return tuple(
        FileChangeDocument(each.path, tuple(changed_lines(each))) for each in steps if isinstance(each, ReplaceFile)
    )


def _left_out(left: Unplanned, words: Words) -> LeftOutDocument:
    remedy: Remedy = left.remedy
    return LeftOutDocument(
        id=left.id,
        cause=left.cause.ref if left.cause is not None else None,
        cause_id=left.cause.id if left.cause is not None else None,
        title=words(left.title),
        host=left.host,
        why=left.why,
        commands=(*remedy.commands, *remedy.persist_commands),
        advice=tuple(words(each) for each in remedy.advice),
        effects=tuple(words(each) for each in unasked_told(left.effects, words)),
        decision=decision_document(left.cause.decision if left.cause is not None else None, words),
        undoes=decision_document(remedy.undoes, words),
    )


def _compose(proposal: ComposeProposal) -> ComposeDocument:
    edit = proposal.edit
    return ComposeDocument(
        project=edit.container.project,
        service=edit.container.service,
        key=edit.key,
        old=edit.old,
        new=edit.new,
        file=proposal.file or None,
        changes=proposal.lines,
    )


class OutcomeFields(TypedDict):
    """The fields for a plan's outcome.  The documents of ``hairpin fix`` and ``hairpin restore`` both have them."""

    applied: bool
    verified: VerifiedDocument | None
    undo: str | None
    said: str | None


def outcome_of(outcome: FixOutcome | None, words: Words) -> OutcomeFields:
    """Return the fields for the plan's outcome.  ``outcome``: None if the plan was not carried out."""
    if outcome is None:
        return {"applied": False, "verified": None, "undo": None, "said": None}
    return {
        "applied": outcome.stays,
        "verified": _verdicts(outcome),
        "undo": ("; ".join(f"hairpin undo {each}" for each in outcome.undo) or None) if outcome.stays else None,
        "said": words(outcome.complaint) if outcome.complaint is not None else None,
    }


def _verdicts(outcome: FixOutcome) -> VerifiedDocument | None:
    """Return the verdicts of the first flow whose verdict has changed.

    If no verdict has changed, return the verdicts of the first flow.  Return None if there is no flow."""
    changed = next((each for each in outcome.results if each.before != each.after), None)
    told = changed or next(iter(outcome.results), None)
    return VerifiedDocument(told.before, told.after, told.judge) if told is not None else None
