"""The value that each observer gets and returns: a question, with all that is known about it so far."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import msgspec

from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.walk.trace import OpenQuestion, Trace

if TYPE_CHECKING:
    from hairpin.diagnose.examination import Examination


class Inquiry(msgspec.Struct, frozen=True):
    """A question on its way to an answer.

    ``flows``: the flows that the question means; they are walked next.  ``found``: the examination of the flows; None
    before their walks.  ``notes``: what is said beside the flows, in the order of the answer.  ``now``: whether the
    question is about the hosts as they are, and not about the time after an event.  ``searched``: whether the answer
    names causes.  ``asks``: questions about the ``flows``, which their walks get."""

    question: Question
    network: Network
    flows: tuple[Flow, ...]
    found: "Examination | None" = None
    notes: tuple[Message, ...] = ()
    now: bool = True
    searched: bool = True
    asks: tuple[tuple[Flow, OpenQuestion], ...] = ()

    @property
    def walked(self) -> "Examination":
        """The examination, once the flows were walked."""
        assert self.found is not None
        return self.found

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The traces of the flows, in the order asked; empty before their walks."""
        return tuple(each.trace for each in self.found.diagnoses) if self.found is not None else ()

    def saying(self, notes: Iterable[Message]) -> "Inquiry":
        """Return the same with further notes."""
        more = tuple(notes)
        return msgspec.structs.replace(self, notes=(*self.notes, *more)) if more else self

    def without(self, left_out: Collection[Flow]) -> "Inquiry":
        """Return the same without these flows, and without the causes that stop only them."""
        if not left_out:
            return self
        if self.found is None:
            return msgspec.structs.replace(self, flows=tuple(each for each in self.flows if each not in left_out))
        from hairpin.diagnose.examination import examination  # noqa: PLC0415 - a walk asks for no causes

        kept = tuple(each for each in self.found.diagnoses if each.trace.flow not in left_out)
        return self.examined(examination(self.network, kept))

    def examined(self, found: "Examination") -> "Inquiry":
        """Return the same with another examination."""
        return msgspec.structs.replace(self, found=found)
