"""What a change does to the known flows, for JSON documents."""

import msgspec

from hairpin.remedy.effect import Effect, Effects
from hairpin.remedy.effects import flow_told
from hairpin.walk.verdicts import Verdict


class EffectDocument(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """What becomes of one flow.  ``again``: it is then as it was before the accident that the change undoes.
    ``out_by``:
    the links by which it leaves before and after, of a flow that is diverted."""

    origin: str
    to: str
    container: str | None
    before: Verdict
    after: Verdict
    again: bool = False
    out_by: tuple[str, str] | None = None


class EffectsDocument(msgspec.Struct, frozen=True):
    """What becomes of the known flows that were not asked.  ``opens``: they fail before and pass after.  ``restores``:
    so do these, and the same accident had stopped them.  ``closes``: they pass before and fail after.  ``diverts``:
    they leave by another link.  ``cut``: they pass before and after, and open connections break.  ``walked``: how many
    flows have a changed element on their path.  ``left_out``: flows that were not walked."""

    opens: tuple[EffectDocument, ...] = ()
    closes: tuple[EffectDocument, ...] = ()
    diverts: tuple[EffectDocument, ...] = ()
    restores: tuple[EffectDocument, ...] = ()
    cut: tuple[str, ...] = ()
    walked: int = 0
    left_out: int = 0


def effects_document(effects: Effects) -> EffectsDocument:
    """Return the document."""
    return EffectsDocument(
        opens=tuple(map(_effect, effects.opens)),
        closes=tuple(map(_effect, effects.closes)),
        diverts=tuple(map(_effect, effects.diverts)),
        restores=tuple(map(_effect, effects.restores)),
        cut=tuple(map(flow_told, effects.cut)),
        walked=effects.count,
        left_out=effects.left_out,
    )


def _effect(effect: Effect) -> EffectDocument:
    flow = effect.flow
    return EffectDocument(
        flow.start_text(),
        flow.target_text(),
        flow.container,
        effect.before,
        effect.after,
        effect.again,
        effect.links if effect.kind == "diverts" else None,
    )
