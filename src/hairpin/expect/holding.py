"""Holds hosts against expectations: asks each expectation as flows, now and after the events that it has to survive.

All expectations are one question, and one more for each event, so what is alike is walked once.  A *must* is broken if
one of its flows fails, a *must not* if one of its flows succeeds.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, Depth, FlowAnswer
from hairpin.answer.ask import ask
from hairpin.answer.begin import begin_answer, network_asked
from hairpin.answer.cause_answers import of_reading
from hairpin.answer.decisive import lacks_reading
from hairpin.causes.cause import AskedFlows
from hairpin.causes.rules.published_bypasses_host_firewall import of_closed
from hairpin.errors import CollectError, HairpinError, UnknownNameError, UsageError
from hairpin.evidence.several import Source, together
from hairpin.expect.expectation import Expectation, Expectations
from hairpin.expect.promise import Promise
from hairpin.expect.promises import promises_of
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.question.flows import with_source_ports
from hairpin.question.question import Question
from hairpin.question.reach import flows_of
from hairpin.question.target import parse_event
from hairpin.walk.verdicts import Verdict

State = Literal["held", "broken", "undecided", "gone"]


class Breach(msgspec.Struct, frozen=True):
    """What contradicts an expectation, or leaves it undecided.  ``event``: the event after which it does; empty: now.
    ``verdict``: of the first such flow.  ``causes``: the causes that stop the flows, or the exposures that let them in.
    """

    event: str
    verdict: Verdict
    flows: tuple[FlowAnswer, ...]
    causes: tuple[CauseAnswer, ...]
    decided: bool = True


class Holding(msgspec.Struct, frozen=True):
    """One expectation, and what the host does.  ``reason``: why it could not be asked."""

    expectation: Expectation
    breaches: tuple[Breach, ...] = ()
    reason: Message | None = None
    is_gone: bool = False
    """Whether the expectation names a container, network or event that this host does not have any more."""

    @property
    def state(self) -> State:
        """Whether the expectation is kept.  A *must* about nothing that exists is not."""
        if self.is_gone:
            return "gone"
        if any(each.decided for each in self.breaches):
            return "broken"
        return "undecided" if self.breaches or self.reason is not None else "held"

    @property
    def is_broken(self) -> bool:
        """Whether the expectation is not kept."""
        return self.state == "broken" or (self.is_gone and self.expectation.must)


class Holdings(msgspec.Struct, frozen=True):
    """The answer to ``hairpin expect``.  ``answer``: the flows as they are now."""

    answer: Answer
    each: tuple[Holding, ...]
    promises: tuple[Promise, ...] = ()
    """What Compose files and Quadlets promise about the containers, kept or not."""

    @property
    def lost(self) -> tuple[Promise, ...]:
        """The promises that are broken."""
        return tuple(each for each in self.promises if each.state == "lost")

    @property
    def status(self) -> int:
        """The exit status: 1 if an expectation or a promise is broken, 3 if an expectation is undecided, and 0
        otherwise."""
        if self.lost or any(each.is_broken for each in self.each):
            return 1
        undecided = any(each.state == "undecided" for each in self.each)
        return 3 if undecided or lacks_reading(self.answer) else 0


class _Asked(msgspec.Struct, frozen=True):
    """An expectation with its flows, or with the reason why it has none."""

    expectation: Expectation
    flows: tuple[Flow, ...] = ()
    reason: Message | None = None
    is_gone: bool = False


def with_file_world(question: Question, expected: Expectations) -> Question:
    """Return the question in the world that the file of expectations and the question state."""
    both = (expected.world, question.world)
    world = World(
        publics=tuple(one for each in both for one in each.publics),
        peers=tuple(one for each in both for one in each.peers),
        return_routes=tuple(one for each in both for one in each.return_routes),
        upstream=tuple(one for each in both for one in each.upstream),
    )
    return msgspec.structs.replace(question, world=world)


def hold(
    expected: Expectations,
    sources: tuple[Source, ...],
    question: Question = Question(),  # noqa: B008 - immutable
    *,
    depth: Depth | None = None,
) -> Holdings:
    """Return which expectations the hosts keep.  ``question``: the world that the user states beside the file.
    ``depth``: how much is asked of now; ``flows`` is quick and tells no causes.

    Raises the same errors as ``ask``."""

    # What a must-not is reached through is an exposure, which only the whole answer has.
    now_too: Depth = depth or ("causes" if all(each.must for each in expected.each) else "events")

    def answered(asked: Question) -> Answer:
        return ask(asked, sources, depth=now_too if asked.after is None else "causes")

    plain = with_file_world(question, expected)
    network = network_asked(plain, sources)
    promises = tuple(one for host in network.hosts for one in promises_of(host))
    if not expected.each:
        start, _ = begin_answer(plain, together(sources), network)
        return Holdings(start, (), promises)
    asked = tuple(_question_of(network, each) for each in expected.each)
    single = tuple(dict.fromkeys(flow for each in asked for flow in each.flows))
    flows = tuple(map(plain.sized, with_source_ports(network, single)))
    sent = dict(zip(single, flows, strict=True))
    asked = tuple(msgspec.structs.replace(each, flows=tuple(sent[flow] for flow in each.flows)) for each in asked)
    meant = (each.expectation.reach.target for each in asked if each.flows)
    targets = tuple(dict.fromkeys(each for each in meant if each is not None))
    question = msgspec.structs.replace(plain, flows=flows, targets=targets)
    now = answered(question)
    found: dict[str, Answer | HairpinError] = {"": now}
    for event in dict.fromkeys(event for each in asked for event in each.expectation.survives):
        try:
            found[event] = answered(msgspec.structs.replace(question, after=parse_event(event)))
        except (UsageError, CollectError) as error:
            found[event] = error
    return Holdings(now, tuple(_holding(each, found) for each in asked), promises)


def _question_of(network: Network, expectation: Expectation) -> _Asked:
    try:
        flows = flows_of(network, expectation.reach)
    except UnknownNameError as error:
        return _Asked(expectation, reason=error.said, is_gone=True)
    except (UsageError, CollectError) as error:
        return _Asked(expectation, reason=error.said)
    if not flows:
        said = message("nothing is asked: {origin} sends no such packet", origin=expectation.origin)
        return _Asked(expectation, reason=said)
    return _Asked(expectation, flows)


def _holding(asked: _Asked, answers: dict[str, Answer | HairpinError]) -> Holding:
    if asked.reason is not None:
        return Holding(asked.expectation, (), asked.reason, asked.is_gone)
    breaches: list[Breach] = []
    reason: Message | None = None
    for event in ("", *asked.expectation.survives):
        answer = answers[event]
        if isinstance(answer, HairpinError):
            # An event that this host cannot have any more, such as the restart of a removed engine, breaks nothing.
            reason = answer.said if isinstance(answer, CollectError) else reason
            continue
        breaches += _breaches(asked, answer, event)
        if breaches and not event:
            break  # what does not hold now survives nothing
    return Holding(asked.expectation, tuple(breaches), reason if not breaches else None)


def _breaches(asked: _Asked, answer: Answer, event: str) -> Iterator[Breach]:
    """Yield what contradicts the expectation: the flows that decide it, or else those that leave it undecided."""
    told = {_mark(flow): each for flow, each in _flows_in(answer)}
    met = [told[_mark(each)] for each in asked.flows if _mark(each) in told]
    # A client that a rule keeps out on purpose; or nothing that was asked has an answer.  A way out over IPv6 that no
    # program takes, because the one over IPv4 passes, has none either, and is no loss.
    kept_out = set(map(_mark, answer.kept_out))
    lost = [each for each in asked.flows if _mark(each) not in told and (not met or _mark(each) in kept_out)]
    must = asked.expectation.must
    contrary = [each for each in met if each.verdict != "depends" and each.succeeds is not must]
    open_ = [each for each in met if each.verdict == "depends"]
    if contrary or (lost and must):
        verdict = contrary[0].verdict if contrary else "dropped"
        yield Breach(event, verdict, tuple(contrary), tuple(_causes(answer, contrary, must=must)))
    elif open_:
        yield Breach(event, "depends", tuple(open_), tuple(_causes(answer, open_, must=must)), decided=False)


def _flows_in(answer: Answer) -> Iterator[tuple[Flow, FlowAnswer]]:
    """Yield the flows that have an answer, as they were asked.  A flow that a rule keeps out on purpose has none."""
    if answer.event is None:
        yield from ((each.trace.flow, each) for each in answer.flows)
    else:
        yield from zip(answer.event.flows, answer.flows, strict=True)


def _mark(flow: Flow) -> tuple[object, ...]:
    """Return what a flow keeps if another address stands for its end outside."""
    return flow.sport, flow.dport, flow.protocol, flow.version, type(flow.start)


def _causes(answer: Answer, flows: list[FlowAnswer], *, must: bool) -> Iterator[CauseAnswer]:
    """Yield the causes that stop the flows, or else the exposures through which they arrive."""
    if must:
        named = {ref for each in flows for ref in each.causes}
        yield from (each for each in answer.causes if each.ref in named)
        return
    let_in = {each.ref for each in flows}
    exposed = [each for each in answer.causes if each.severity == "exposure" and let_in.intersection(each.flows)]
    yield from exposed
    if not exposed:
        found = of_closed(AskedFlows(answer.network, tuple(each.trace for each in flows)))
        yield from (of_reading(each, answer.network) for each in found)
