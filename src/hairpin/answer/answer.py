"""The answer to a question: one value, in no language, with everything that may be shown to a user.

Sentences are messages (a template and values).  ``report/`` makes text, JSON and pages from an ``Answer`` alone.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

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
    from hairpin.answer.logged import Logged
    from hairpin.causes.cause import Candidate, Severity
    from hairpin.causes.proof import Proof
    from hairpin.events.course import Rival
    from hairpin.evidence.told import Outcome
    from hairpin.host.boot.configured import Configured
    from hairpin.judges.contradiction import Contradiction
    from hairpin.judges.disagreement import Disagreement
    from hairpin.judges.judged import Judged
    from hairpin.judges.observation import LiveObservation
    from hairpin.remedy.remedy import OwnersDecision, Remedy
    from hairpin.story.blame import Blame
    from hairpin.suppose.parts import Supposition
    from hairpin.walk.open_connection import Fate

REPLICA = "replica"
"""The key of entries about parts that no replica could confirm.  An entry with this key leaves no verdict undecided."""
DISPUTED = "replica-disagrees"
"""The key of entries about flows on which a replica disagreed with the walk."""
Judge = Literal["simulated", "replicated", "observed"]
Depth = Literal["flows", "causes", "events"]
"""The extent of an answer.  ``flows``: only the verdicts.  ``causes``: also the causes for which flows fail now.
``events``: also the faults that the next events bring."""


def ref_of(number: int) -> str:
    """Return the reference of the flow with the given index: ``f1`` for the first flow."""
    return f"f{number + 1}"


class BeforeEvent(msgspec.Struct, frozen=True):
    """A flow before an event: the flow's verdict, and the fate of a connection that is open when the event begins.

    The fate is None if the flow does not pass before the event."""

    verdict: Verdict
    established: "Fate | None"


class EventAnswer(msgspec.Struct, frozen=True):
    """The event after which the question is asked.

    ``id``: the event as the user typed it.  ``before``: the state of each flow before the event, in the order asked.
    ``conditions``: facts that cannot be foreseen.  ``failures``: units and containers that do not start in the event.
    ``was``: the network before the event, in which the ``flows`` were asked.  ``label``: the host on which the event
    happens.  ``rivals``: the networks that result if an assumption about the event is false."""

    id: str
    title: Message
    before: tuple[BeforeEvent, ...]
    was: Network
    flows: tuple[Flow, ...]
    label: str
    conditions: tuple[Message, ...] = ()
    failures: tuple[Message, ...] = ()
    rivals: "tuple[Rival, ...]" = ()

    def assumptions(self, number: int, after: Trace) -> tuple[Message, ...]:
        """Return what is assumed about the event and decides about the asked flow with the given index."""
        from hairpin.events.aftermath import deciding_assumptions  # noqa: PLC0415 - few questions are about an event

        return deciding_assumptions(self.was, self.rivals, self.flows[number], after)


class Decides(msgspec.Struct, frozen=True):
    """The meaning of one possible output of the next commands.  ``shows``: the output.  ``means``: the fact that this
    output shows.  ``cause``: the id of the cause that then stops the flows; empty if no cause does."""

    shows: Message
    means: Message
    cause: str = ""


class Next(msgspec.Struct, frozen=True):
    """The line of read-only commands that decides most of the open alternatives, and the meanings of its outputs."""

    command: str
    outcomes: tuple[Decides, ...]

    @property
    def decides(self) -> tuple[str, ...]:
        """The ids of the causes among which the command decides, each once."""
        return tuple(dict.fromkeys(each.cause for each in self.outcomes if each.cause))


class FlowAnswer(msgspec.Struct, frozen=True):
    """One asked flow.

    ``trace``: all steps of the flow.  ``causes``: the references of the causes that stop the flow, in the order of its
    diagnosis.  ``judged``: the answers of both judges, if the kernel was asked and could answer.  ``assumptions``:
    what is assumed about the event; where one of them is false, the flow has another verdict."""

    ref: str
    trace: Trace
    causes: tuple[str, ...] = ()
    judged: "Judged | None" = None
    assumptions: tuple[Message, ...] = ()
    live: "LiveObservation | None" = None
    """What real probes of the flow showed; None if none was asked for."""
    supposed: "tuple[Supposition, ...]" = ()
    """The parts of a host on which the verdict rests and which no pasted text shows."""
    anyway: bool = False
    """Whether the walk reads parts that no pasted text shows, but the flow stops with the most favourable state of
    these parts, too."""

    @property
    def disputed(self) -> bool:
        """Whether a replica disagreed with the walk.  The verdict then stays *simulated*."""
        return self.judged is not None and self.judged.agreement.agrees is False

    @property
    def doubted(self) -> bool:
        """Whether the flow passes in the walk and fails in the replica."""
        failed = self.judged is not None and self.judged.judgement.verdict not in ("delivered", "depends")
        return self.disputed and failed and self.trace.succeeds

    @property
    def verdict(self) -> Verdict:
        """The walk's verdict, even if a replica disagrees (docs/replica.md).

        The verdict is ``depends`` in three cases: the start order of units decides; the walk read a part that no pasted
        text shows; or a question leaves the flow undecided.  A question does so if the host has seen such a flow fail,
        or if the flow passes in the walk and fails in the replica."""
        return "depends" if self._is_open else self.trace.verdict

    @property
    def succeeds(self) -> bool:
        """Whether the flow is delivered or leaves, and nothing leaves this undecided."""
        return self.trace.succeeds and not self._is_open

    @property
    def _is_open(self) -> bool:
        asked = self.trace.questions if self.trace.succeeds else ()
        return bool(self.assumptions or self.supposed or self.doubted or any(each.undecided for each in asked))

    @property
    def judge(self) -> Judge:
        """The highest judge that confirmed the verdict.

        Some verdicts rest on a router outside that forwards a packet which a careful router drops.  A replica cannot
        confirm such a verdict, because the replica's outside forwards this packet, too.  Other verdicts hold as long as
        the flow stays below a limit over time; a replica sends one packet, which shows nothing about the limit."""
        told = self.contradiction
        if told is not None and told.agrees:
            return "observed"
        return "simulated" if self.trace.rests_on_grant or self.trace.bounds else self.replayed

    @property
    def contradiction(self) -> "Contradiction | None":
        """What real probes say of the verdict; None if none was asked for."""
        if self.live is None:
            return None
        from hairpin.judges.contradiction import contradiction  # noqa: PLC0415 - few questions ask for real packets

        return contradiction(self.trace, self.verdict, self.live)

    @property
    def replayed(self) -> Judge:
        """The highest judge that agreed with the walk, even if the verdict rests on a packet that a careful router
        outside drops."""
        return "simulated" if self.judged is None else self.judged.agreement.judge

    @property
    def stop(self) -> Stop | None:
        """The stop of the flow's usual branch; None if the flow succeeds."""
        return self.trace.usual.stop if not self.trace.succeeds else None


class CauseAnswer(msgspec.Struct, frozen=True):
    """A proven cause and its repair.

    ``host``: the label of the host that is faulty and is repaired.  ``flows``: the references of the flows that the
    cause stops.  ``stop``: the stop of the first of these flows.  ``together``: the references of all causes, with this
    one, that have to be removed before the flows are delivered.  ``alternatives``: other sets of equally many causes
    whose removal delivers the flows, as references.  A cause that is only in alternative sets is ``advice`` and has no
    flows.  ``follows_from``: the references of the causes from which this cause follows.  ``configured``: the file or
    option that has the setting; None if the setting exists only at run time, by an accident.  ``event``: the event
    after which a latent cause stops a flow; its ``proof`` is about the time after the event.  ``stop`` and ``proof``
    are None for a state of the host that only a reading shows."""

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
    """The administrator's decision that stops the flow, or that every repair undoes; None if an accident stops the
    flow."""
    blame: "Blame | None" = None
    """The time at which the cause was made and its makers, if a trace on the host proves them."""
    log: tuple[Message, ...] = ()
    """The lines of the logs of the cause's containers that tell the reason, and what the hosts say of the flows that
    these lines name (``answer/logged.py``)."""
    line: Message | None = None
    """The advice in one line.  The advice concerns many flows that were not asked about."""
    likely: bool = False
    """Whether the cause rests on parts of the host that a pasted text does not show."""
    explains: "tuple[Outcome, ...]" = ()
    """The failures in the pasted text that the cause explains."""
    against: "tuple[Outcome, ...]" = ()
    """The outcomes in the pasted text that would be others with this cause alone."""
    shown_by: tuple[str, Message] | None = None
    """If the text shows no sign of the likely cause: the command that decides about the cause, and the command's output
    if the cause is true."""

    @property
    def detail(self) -> Message:
        """The reason in one text, with the sentences about the containers' logs."""
        said = self.candidate.detail
        for each in self.log:
            said = message("{said} {more}.", said=said, more=each)
        return said


class Dispute(msgspec.Struct, frozen=True):
    """A flow on which the judges disagree, because of an error of the walk or of the replica.  ``file``: the file in
    which the caller of ``ask`` kept the disagreement with its evidence; None if the disagreement was not kept.
    ``with_host``: whether the host on which the flow starts is named."""

    flow: str
    disagreement: "Disagreement"
    file: str | None = None
    with_host: bool = False

    def said(self) -> Message:
        """Return the message about the disagreement, which also says what the user should do."""
        found = self.disagreement
        flow = found.trace.flow
        reason = found.agreement.reason
        told = message(
            "{start} to {target}: {difference}. The simulation's answer stands; this may be an error in hairpin",
            start=flow.start_text(with_host=self.with_host),
            target=flow.target_text(),
            difference=message("with the change, {difference}", difference=reason) if found.changed else reason,
        )
        if self.file is None:
            return told
        return message("{said}: please report this bug with {file}", said=told, file=self.file)


class Answer(msgspec.Struct, frozen=True, dict=True):
    """The answer to a question.

    ``evidence``: the evidence of every host that was read, of this host first.  ``network``: the network of these hosts
    in the stated world.  ``flows``: the flows in the order asked.  ``causes``: the causes by severity, then in the
    order of the flows.  ``unread``: missing readings, and parts that could not be rebuilt.  ``kernel``: the release of
    the kernel that judged, if a kernel was asked.  ``notes``: remarks on the evidence, such as its age.  ``elsewhere``:
    notes about other hosts that publish the asked port.  ``questions``: questions to the user."""

    question: Question
    evidence: tuple[Evidence, ...]
    network: Network
    flows: tuple[FlowAnswer, ...]
    causes: tuple[CauseAnswer, ...] = ()
    unread: tuple[Unread, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    kernel: str | None = None
    kept_out: tuple[Flow, ...] = ()
    """Asked flows that a rule stops on purpose, as far as hairpin can tell.  They are not among ``flows`` and make no
    problem; a note or a question tells of the rule."""
    notes: tuple[Message, ...] = ()
    elsewhere: tuple[Message, ...] = ()
    questions: tuple[QuestionAnswer, ...] = ()
    event: EventAnswer | None = None
    next: Next | None = None
    """The command that decides most of what is undecided; None if everything is decided, or no command is known."""
    engines: tuple[Message, ...] = ()
    """Sentences about engines that do not answer; the report begins with them."""

    @property
    def is_of_text(self) -> bool:
        """Whether one of the hosts is known from a pasted text."""
        return any(host.is_of_text for host in self.network.hosts)

    @property
    def is_partly_read(self) -> bool:
        """Whether one of the hosts was read without root."""
        return any(host.is_partly_read for host in self.network.hosts)

    @property
    def has_several_hosts(self) -> bool:
        """Whether the question is about more than one host.

        For several hosts, places are shown with their host's name."""
        return len(self.network.hosts) > 1

    def repaired_before(self, cause: CauseAnswer) -> tuple[CauseAnswer, ...]:
        """Return the causes that must be repaired before this cause's repair can succeed, such as a stopped engine."""
        return tuple(each for each in self.causes if each.ref in cause.follows_from and each.candidate.goes_first)

    def before_of(self, flow: FlowAnswer) -> BeforeEvent | None:
        """Return the flow before the event; None if the question has no event."""
        if self.event is None:
            return None
        return next(was for was, each in zip(self.event.before, self.flows, strict=True) if each.ref == flow.ref)

    @property
    def broken(self) -> tuple[FlowAnswer, ...]:
        """The flows that the event breaks: they pass before the event and do not pass after it."""
        return tuple(flow for flow in self.flows if not flow.succeeds and self._passes_before(flow))

    def _passes_before(self, flow: FlowAnswer) -> bool:
        was = self.before_of(flow)
        return was is not None and succeeds(was.verdict)

    @property
    def missing(self) -> tuple[Unread, ...]:
        """The reasons why something stays undecided or unconfirmed: all of ``unread``, then each of the
        ``disputes``."""
        return (*self.unread, *(Unread(DISPUTED, "", REPLICA, each.said(), "") for each in self.disputes))


class Further(NamedTuple):
    """What a caller can still read, once the causes are known.

    ``read``: returns the answer's evidence with the traces of its hosts, if they are wanted, and with the logs of these
    containers; None for snapshots, which have both.  It raises CollectError.  ``passing``: returns the times of kept
    snapshots of this host in which every flow passed.  ``traces``: whether the hosts' own logs are asked."""

    read: "Callable[[Answer, tuple[Logged, ...], bool], tuple[Evidence, ...]] | None"
    passing: Callable[[], Iterable[float]]
    traces: bool = True
