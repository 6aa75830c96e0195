"""The answer to a question: one value with everything that a reader may be shown, in no language.

Sentences are messages (template and values).  Text, JSON and pages are made only from an ``Answer`` (``report/``).
"""

from typing import TYPE_CHECKING, Literal

import msgspec

from hairpin.answer.questions import QuestionAnswer
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Unread
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.walk.state import Stop
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict, succeeds

if TYPE_CHECKING:
    from hairpin.causes.cause import Candidate, Severity
    from hairpin.causes.proof import Proof
    from hairpin.events.course import Rival
    from hairpin.host.boot.configured import Configured
    from hairpin.judges.disagreement import Disagreement
    from hairpin.judges.judged import Judged
    from hairpin.remedy.remedy import OwnersDecision, Remedy
    from hairpin.story.blame import Blame
    from hairpin.walk.open_connection import Fate

REPLICA = "replica"
"""The key of parts that no replica could confirm; they leave nothing undecided."""
DISPUTED = "replica-disagrees"
"""The key of flows on which a replica disagreed with the walk."""
Judge = Literal["simulated", "replicated", "observed"]
Depth = Literal["flows", "causes", "events"]
"""How far an answer goes.  ``flows``: only the verdicts.  ``causes``: also why flows fail now.  ``events``: also what
the next events bring."""


def ref_of(number: int) -> str:
    """Return the reference of the flow with that index: ``f1`` for the first."""
    return f"f{number + 1}"


class BeforeEvent(msgspec.Struct, frozen=True):
    """A flow before an event: its verdict, and the fate of a connection that is open when the event begins (None: the
    flow does not pass before it)."""

    verdict: Verdict
    established: "Fate | None"


class EventAnswer(msgspec.Struct, frozen=True):
    """The event after which the question is asked.

    ``id``: as it was typed.  ``before``: of each flow, in the order asked.  ``conditions``: facts that nobody can
    foresee.  ``failures``: units and containers that do not start then.  ``was``: the network before it, in which the
    ``flows`` were asked; ``label``: the host on which it happens.  ``rivals``: the networks after other start
    orders of units."""

    id: str
    title: Message
    before: tuple[BeforeEvent, ...]
    was: Network
    flows: tuple[Flow, ...]
    label: str
    conditions: tuple[Message, ...] = ()
    failures: tuple[Message, ...] = ()
    rivals: "tuple[Rival, ...]" = ()

    def orders(self, number: int, after: Trace) -> tuple[Message, ...]:
        """Return the start orders of units that decide about the asked flow with that index."""
        from hairpin.events.aftermath import deciding_orders  # noqa: PLC0415 - few questions are about an event

        return deciding_orders(self.was, self.rivals, self.flows[number], after)


class FlowAnswer(msgspec.Struct, frozen=True):
    """One asked flow.

    ``trace``: every step.  ``causes``: refs of the causes that stop it, in the order of its own diagnosis.  ``judged``:
    both judges' answers, if the kernel was asked and could answer.  ``orders``: the assumed start orders of unordered
    units; with another order the flow ends differently."""

    ref: str
    trace: Trace
    causes: tuple[str, ...] = ()
    judged: "Judged | None" = None
    orders: tuple[Message, ...] = ()

    @property
    def disputed(self) -> bool:
        """Whether a replica disagreed with the walk.  The verdict then stays *simulated*."""
        return self.judged is not None and self.judged.agreement.agrees is False

    @property
    def verdict(self) -> Verdict:
        """The walk's verdict, whatever a replica says (docs/replica.md); ``depends`` if the order of units decides."""
        return "depends" if self.orders else self.trace.verdict

    @property
    def succeeds(self) -> bool:
        """Whether the flow is delivered or leaves, apart from what cannot be foreseen."""
        return self.trace.succeeds and not self.orders

    @property
    def judge(self) -> Judge:
        """The highest judge that confirmed the verdict."""
        return "simulated" if self.judged is None else self.judged.agreement.judge

    @property
    def stop(self) -> Stop | None:
        """The stop of its usual branch; None if the flow succeeds."""
        return self.trace.usual.stop if not self.trace.succeeds else None


class CauseAnswer(msgspec.Struct, frozen=True):
    """A proven cause and its repair.  ``host``: the label of the faulty and repaired host.  ``flows``: refs of the
    flows that it stops; ``stop``: the first flow's stop.  ``together``: refs (its own included) of the causes that have
    to be removed before those flows are delivered.  ``alternatives``: other sufficient sets of refs of that size; a
    cause that is only in such sets is ``advice`` and has no flows.  ``follows_from``: refs of the causes that made this
    one.  ``configured``: the file or option that has the setting; None: it exists only at run time, an accident.
    ``event``: the event after which a latent cause stops a flow; its ``proof`` is of the time after it.  ``stop`` and
    ``proof`` None: a state of the host that a reading shows and no asked flow."""

    ref: str
    id: str
    host: str
    severity: "Severity"
    candidate: "Candidate"
    stop: Stop | None
    proof: "Proof | None"
    flows: tuple[str, ...]
    together: tuple[str, ...]
    judge: Judge = "simulated"
    event: str | None = None
    remedies: "tuple[Remedy, ...]" = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    follows_from: tuple[str, ...] = ()
    configured: "Configured | None" = None
    decision: "OwnersDecision | None" = None
    """The administrator's decision that stops the flow, or that every repair undoes; None: an accident."""
    blame: "Blame | None" = None
    """When and by whom the cause was made, if a trace on the host proves it."""
    line: Message | None = None
    """The advice in one line, for many flows that were not asked."""


class Dispute(msgspec.Struct, frozen=True):
    """A flow on which the judges disagree: an error of the walk or of the replica.  ``file``: where the caller of
    ``ask`` kept the disagreement with its evidence; None if it was not kept.  ``with_host``: name the host on which the
    flow starts."""

    flow: str
    disagreement: "Disagreement"
    file: str | None = None
    with_host: bool = False

    def said(self) -> Message:
        """Return the difference, and what to do about it."""
        found = self.disagreement
        flow = found.trace.flow
        reason = found.agreement.reason
        told = message(
            "{start} to {target}: {difference}. The answer is the simulation's; this may be an error of hairpin",
            start=flow.start_text(with_host=self.with_host),
            target=flow.target_text(),
            difference=message("with the change, {difference}", difference=reason) if found.changed else reason,
        )
        if self.file is None:
            return told
        return message("{said}: please report it with {file}", said=told, file=self.file)


class Answer(msgspec.Struct, frozen=True):
    """The answer to a question.

    ``evidence``: of every host that was read, this host first.  ``network``: the hosts in it, in the stated world.
    ``flows``: in the order asked.  ``causes``: by severity, then in the order of the flows.  ``unread``: missing
    readings, and parts that could not be rebuilt.  ``kernel``: the release of the judging kernel, if one was asked.
    ``notes``: remarks on the evidence, such as its age.  ``questions``: to the user."""

    question: Question
    evidence: tuple[Evidence, ...]
    network: Network
    flows: tuple[FlowAnswer, ...]
    causes: tuple[CauseAnswer, ...] = ()
    unread: tuple[Unread, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    kernel: str | None = None
    notes: tuple[Message, ...] = ()
    questions: tuple[QuestionAnswer, ...] = ()
    event: EventAnswer | None = None
    engines: tuple[Message, ...] = ()
    """Sentences about engines that do not answer; the report begins with them."""

    @property
    def has_several_hosts(self) -> bool:
        """Whether the question is about more than one host.  Places are then shown with their host's name."""
        return len(self.network.hosts) > 1

    def before_of(self, flow: FlowAnswer) -> BeforeEvent | None:
        """Return the flow before the event; None if the question has no event."""
        if self.event is None:
            return None
        return next(was for was, each in zip(self.event.before, self.flows, strict=True) if each.ref == flow.ref)

    @property
    def broken(self) -> tuple[FlowAnswer, ...]:
        """The flows that the event breaks: they pass before it and not after it."""
        return tuple(flow for flow in self.flows if not flow.succeeds and self._passes_before(flow))

    def _passes_before(self, flow: FlowAnswer) -> bool:
        was = self.before_of(flow)
        return was is not None and succeeds(was.verdict)

    @property
    def missing(self) -> tuple[Unread, ...]:
        """The reasons why something stays undecided or unconfirmed: all of ``unread``, then each of the
        ``disputes``."""
        return (*self.unread, *(Unread(DISPUTED, "", REPLICA, each.said(), "") for each in self.disputes))
