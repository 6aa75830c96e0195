"""Drops a stale entry of the connection table: it does not come back, so there is nothing to keep."""

from hairpin.change.change import DropConnection, Primitive
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, DropConnection)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    del parts, situation
    return Lasting()


REMEDY = RemedyKind(id="drop-connection", order=40, handles=_handles, lasting=_lasting)
