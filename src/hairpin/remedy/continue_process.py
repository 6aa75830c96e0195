"""Lets a stopped process go on: whatever starts it anew starts it running, so there is nothing to keep."""

from hairpin.change.change import ContinueProcess, Primitive
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, ContinueProcess)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    del parts, situation
    return Lasting()


REMEDY = RemedyKind(id="continue-process", order=7, handles=_handles, lasting=_lasting)
