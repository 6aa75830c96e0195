"""The types of a suspect (a candidate with the cause that proposed it), of a set of causes with its proof, and of the
diagnosis of a flow."""

from collections.abc import Iterable

import msgspec

from hairpin.causes.cause import Candidate, Finding, Key, Severity
from hairpin.causes.proof import Proof
from hairpin.causes.where import places
from hairpin.change.change import Change
from hairpin.walk.state import Stop
from hairpin.walk.trace import Trace


class Suspect(msgspec.Struct, frozen=True):
    """A candidate with its cause and the stop for which the cause proposed it.  ``follows_from``: the suspects from
    which this suspect follows, and which have to be repaired before it."""

    cause: str
    candidate: Candidate
    stop: Stop
    follows_from: "tuple[Suspect, ...]" = ()

    @property
    def host(self) -> str:
        """The label of the cause's host: the host on which the change is made, or the host on which the packet stopped
        if the change is made on no host."""
        return self.candidate.change.host or self.stop.netns.host

    @property
    def key(self) -> Key:
        """The cause, its host and its place on this host.  Two suspects with equal keys are one cause."""
        joins = self.candidate.joins
        return self.cause, self.host, (("joins", joins),) if joins else places(self.candidate.where)

    def proven(self, proof: Proof | None, flows: tuple[int, ...] = (), *, severity: Severity = "blocking") -> Finding:
        """Return the suspect as a finding of a single cause, with its proof."""
        return Finding(
            self.candidate, severity, self.cause, self.host, flows, self.stop, proof, keys=(self.key,), together=("",)
        )


class CauseSet(msgspec.Struct, frozen=True):
    """Causes that all have to be removed before a flow is delivered, with the proof."""

    causes: tuple[Suspect, ...]
    proof: Proof


class Diagnosis(msgspec.Struct, frozen=True):
    """The diagnosis of one flow.

    ``sets``: the smallest sets of causes whose removal delivers the flow, the best set first.  ``sets`` is empty if the
    flow is delivered, or if no cause explains the stop.  ``met_unread``: whether a walk of the search reached an unread
    container.  ``instead_of``: the walk of the original client, if only a stand-in's packets are delivered."""

    trace: Trace
    sets: tuple[CauseSet, ...] = ()
    met_unread: bool = False
    instead_of: Trace | None = None

    @property
    def causes(self) -> tuple[Suspect, ...]:
        """The causes of the best set."""
        return self.sets[0].causes if self.sets else ()

    @property
    def proof(self) -> Proof | None:
        """The proof of the best set."""
        return self.sets[0].proof if self.sets else None


def joint_change(together: Iterable[Suspect]) -> Change:
    """Return the change that removes all the causes."""
    return Change(tuple(part for each in together for part in each.candidate.change.parts))
