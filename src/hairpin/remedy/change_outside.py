"""Something has to change outside of this host: hairpin can only say what."""

from hairpin.change.change import ChangeWorld, Primitive
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, ChangeWorld)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    del parts, situation
    return Lasting()


REMEDY = RemedyKind(id="change-outside", order=50, handles=_handles, lasting=_lasting)
