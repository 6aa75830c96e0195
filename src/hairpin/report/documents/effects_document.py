"""A change's effects on the known flows, for JSON documents."""

import msgspec

from hairpin.remedy.effect import Effects, FlowEffect
from hairpin.remedy.effects import flow_told
from hairpin.remedy.remedy import Remedy
from hairpin.report.text.effects_text import unasked_told
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict


class FlowEffectDocument(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """The effect on one flow.

    ``again``: whether the change only brings the flow back to its state before the accident that the change undoes.
    ``out_by``: the links by which a diverted flow leaves before and after the change; null for other flows."""

    origin: str
    to: str
    container: str | None
    before: Verdict
    after: Verdict
    again: bool = False
    out_by: tuple[str, str] | None = None


class EffectsDocument(msgspec.Struct, frozen=True):
    """The effects of a change on known flows that were not asked.  ``opens``: flows that fail before the change and
    pass after it.  ``restores``: flows that fail before and pass after the change, and that the same accident had
    stopped.  ``closes``: flows that pass before and fail after the change.  ``diverts``: flows that leave by another
    link after the change.  ``cut``: flows that pass before and after the change, but whose open connections break.
    ``still``: flows that the rule or policy of the repaired cause stops after the change, too.  ``walked``: the number
    of flows that have a changed element on their path.  ``left_out``: the number of flows that were not walked."""

    opens: tuple[FlowEffectDocument, ...] = ()
    closes: tuple[FlowEffectDocument, ...] = ()
    diverts: tuple[FlowEffectDocument, ...] = ()
    restores: tuple[FlowEffectDocument, ...] = ()
    cut: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    walked: int = 0
    left_out: int = 0


class SideEffectDocument(msgspec.Struct, frozen=True):
    """An effect of a repair besides the repaired flow.  ``flow``: another flow that the repair changes, with its
    verdicts ``before`` and ``after``; null if the effect is not on a single flow."""

    text: str
    flow: str | None = None
    before: Verdict | None = None
    after: Verdict | None = None


def effects_document(effects: Effects) -> EffectsDocument:
    """Return the document of a change's effects."""
    return EffectsDocument(
        opens=tuple(map(_effect, effects.opens)),
        closes=tuple(map(_effect, effects.closes)),
        diverts=tuple(map(_effect, effects.diverts)),
        restores=tuple(map(_effect, effects.restores)),
        cut=tuple(map(flow_told, effects.cut)),
        still=tuple(flow_told(each.flow) for each in effects.still),
        walked=effects.count,
        left_out=effects.left_out,
    )


def side_effect_documents(remedy: Remedy, words: Words) -> tuple[SideEffectDocument, ...]:
    """Return the repair's other effects: first the unasked effects on single flows, then all other effects."""
    unasked = remedy.effects.found if remedy.effects is not None else ()
    return (
        *(
            SideEffectDocument(words(said), flow_told(each.flow), each.before, each.after)
            for each in unasked
            if each.kind == "closes" or not each.again
            for said in unasked_told((each,), words)
        ),
        *(SideEffectDocument(words(each.text)) for each in remedy.side_effects),
    )


def _effect(effect: FlowEffect) -> FlowEffectDocument:
    flow = effect.flow
    return FlowEffectDocument(
        flow.start_text(),
        flow.target_text(),
        flow.container,
        effect.before,
        effect.after,
        effect.again,
        effect.links if effect.kind == "diverts" else None,
    )
