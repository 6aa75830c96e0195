"""The JSON document of ``hairpin restore``: ``hairpin.restore/1``, docs/schema/restore-1.json."""

from typing import Literal

import msgspec

from hairpin.apply.outcome import FixOutcome
from hairpin.apply.restoring import RestorePlan
from hairpin.change.change import AddChain, InsertRule, Primitive, ReplaceTable, SetPolicy
from hairpin.change.commands.text import all_shown
from hairpin.host.contact import Tool
from hairpin.report.documents.effects_document import (
    FlowEffectDocument,
    SideEffectDocument,
    effects_document,
    side_effect_documents,
)
from hairpin.report.documents.fix_document import VerifiedDocument, outcome_of
from hairpin.report.documents.head import HostDocument, MissingDocument, head_of, missing_documents
from hairpin.report.quotes import Quotes
from hairpin.report.text.effects_text import left_open_told, unasked_told
from hairpin.report.words import Words

SCHEMA: Literal["hairpin.restore/1"] = "hairpin.restore/1"


class LostDocument(msgspec.Struct, frozen=True):
    """A chain, a rule or a policy that is restored, or a rule that is moved to its place.  ``rule``: null if the chain
    itself or its policy is restored.

    ``position``: the rule's number in the chain, from 1; null if the rule is appended.  ``policy``: the policy that the
    chain gets; null for a chain or a rule."""

    engine: Tool
    tool: str
    family: str
    table: str
    chain: str
    rule: str | None = None
    position: int | None = None
    policy: str | None = None


class RefusedDocument(msgspec.Struct, frozen=True):
    """A part of the restoration that the plan refuses.  ``id``: the word with which a user chooses the part
    (``--choose``).  ``effects``: the part's unwanted effects."""

    id: str
    title: str
    effects: tuple[str, ...]


class RestoreDocument(msgspec.Struct, frozen=True):
    """The plan and its outcome.  ``besides``: the commands of further repairs, without which working flows would stop.
    ``refused``: the parts that are restored only if they are chosen.  ``irreversible``: the commands that cannot be
    undone.  ``opens``, ``closes``, ``diverts``, ``restores``, ``cut``: the flows with these effects, as in the document
    of ``hairpin fix``.  ``notes``: the other effects that a restart of the engine would have."""

    schema: Literal["hairpin.restore/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    plan: tuple[LostDocument, ...]
    besides: tuple[str, ...]
    refused: tuple[RefusedDocument, ...]
    side_effects: tuple[SideEffectDocument, ...]
    opens: tuple[FlowEffectDocument, ...]
    closes: tuple[FlowEffectDocument, ...]
    diverts: tuple[FlowEffectDocument, ...]
    restores: tuple[FlowEffectDocument, ...]
    cut: tuple[str, ...]
    irreversible: tuple[str, ...]
    notes: tuple[str, ...]
    undecided: tuple[str, ...]
    applied: bool
    verified: VerifiedDocument | None
    undo: str | None
    said: str | None
    missing: tuple[MissingDocument, ...]


def restore_document(found: RestorePlan, outcome: FixOutcome | None, words: Words) -> RestoreDocument:
    """Return the document in the reader's language; ``outcome``: None if the plan was not carried out."""
    answer, effects = found.plan.answer, effects_document(found.plan.effects)
    kinds: dict[str, Tool] = {loss.id: loss.engine.kind for loss in found.lost}
    return RestoreDocument(
        schema=SCHEMA,
        **head_of(answer),
        plan=tuple(
            line
            for repair in found.plan.repairs
            if repair.id in kinds
            for part in repair.remedy.change.parts
            for line in _lost(kinds[repair.id], part)
        ),
        besides=all_shown(step for each in found.besides for step in each.remedy.steps),
        refused=tuple(
            RefusedDocument(each.id, words(each.title), tuple(map(words, unasked_told(each.effects, words))))
            for each in found.plan.choices
        ),
        side_effects=tuple(
            each for repair in found.plan.repairs for each in side_effect_documents(repair.remedy, words)
        ),
        opens=effects.opens,
        closes=effects.closes,
        diverts=effects.diverts,
        restores=effects.restores,
        cut=effects.cut,
        irreversible=all_shown(step for repair in found.plan.repairs for step in repair.irreversible),
        notes=tuple(words(each) for each in (*found.notes, *left_open_told(found.left_open, words))),
        undecided=found.undecided,
        **outcome_of(outcome, words),
        missing=missing_documents(answer, Quotes(answer.evidence, words), words),
    )


def _lost(engine: Tool, part: Primitive) -> tuple[LostDocument, ...]:
    match part:
        case AddChain():
            return (LostDocument(engine, part.dialect, part.family, part.table, part.chain),)
        case InsertRule():
            place = (part.dialect, part.family, part.table, part.chain)
            return (LostDocument(engine, *place, part.rule.text, part.position),)
        case SetPolicy(place=place, policy=policy):
            where = (place.dialect, place.family, place.table, place.chain)
            return (LostDocument(engine, *where, policy=policy.upper()),)
        case ReplaceTable(table=table) if table is not None:
            return tuple(
                LostDocument(engine, part.dialect, part.family, part.name, chain.name, rule.text, rule.number)
                for chain in table.chains
                for rule in chain.rules
            )
        case _:
            return ()
