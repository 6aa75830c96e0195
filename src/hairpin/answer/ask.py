"""Answers a question about the hosts that the evidence describes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from hairpin.answer.answer import Answer, Dispute, FlowAnswer, ref_of
from hairpin.answer.cause_answers import by_severity, of_finding, of_searched, with_refs
from hairpin.answer.engines import with_engines
from hairpin.answer.events import after_event, with_event, with_orders
from hairpin.answer.findings import findings
from hairpin.answer.past_decisions import joined_by_choice
from hairpin.answer.questions import questions_of
from hairpin.answer.remarks import remarks
from hairpin.answer.states import with_states
from hairpin.causes.cause import Finding
from hairpin.diagnose.diagnose import Diagnosis, without_search
from hairpin.diagnose.examination import Examination, examine
from hairpin.diagnose.singled_out import singled_out
from hairpin.errors import UsageError
from hairpin.evidence.reading import HOST, Evidence
from hairpin.evidence.several import NotRead, Source, age_notes, together
from hairpin.host.host import Host, Unread
from hairpin.host.read.parse import parse
from hairpin.message import Message, message
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.elsewhere import published_elsewhere
from hairpin.question.flows import flows_for
from hairpin.question.hosts import refuse_same_machine
from hairpin.question.outside import with_world
from hairpin.question.question import Question
from hairpin.walk.state import RuleDecided
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked
from hairpin.wanted import ask_from

if TYPE_CHECKING:
    from hairpin.judges.replicated import Replication
    from hairpin.replica.judgement import Kernel

Depth = Literal["flows", "causes", "events"]
"""How far an answer goes.  ``flows``: only the verdicts.  ``causes``: also why flows fail now.  ``events``: also what
the next events bring."""


def ask(
    question: Question,
    sources: tuple[Source, ...],
    kernel: "Kernel | None" = None,
    rest: Callable[[], tuple[Source, ...]] | None = None,
    *,
    depth: Depth = "events",
) -> Answer:
    """Return the answer.  ``sources``: the evidence of each host, or why there is none, this host first; ``kernel``:
    the second judge, if it may be asked; ``rest``: a function that reads all containers, if an unread one is needed;
    ``depth``: only for ``check``.

    Raises UsageError if the question does not fit these hosts, CollectError if a host that it names could not be read,
    and for ``prove`` ReplicaError if no replica can be built.
    """
    hosts = together(sources)
    network = network_of(hosts)
    whole = rest if _is_partial(network) else None
    try:
        start, flows = begin_answer(question, hosts, network)
    except UsageError:
        if whole is None:
            raise
        return ask(question, whole(), kernel, depth=depth)
    match question.kind:
        case "walk" | "prove" if whole is not None and not all(
            walk_flow(start.network, flow).succeeds for flow in flows
        ):
            return ask(question, whole(), kernel, depth=depth)
        case "walk":
            trace = walk_flow(start.network, flows[0])
            return _with_questions(msgspec.structs.replace(start, flows=(FlowAnswer("f1", trace),)))
        case "prove":
            assert kernel is not None
            return _proven(start, flows, kernel)
        case "check":
            examination = _unsearched(start.network, flows) if depth == "flows" else examine(start.network, flows)
            decided = all(map(_is_decided, examination.diagnoses)) and not any(map(_needs_all, examination.causes))
            if whole is not None and not decided:
                return ask(question, whole(), kernel, depth=depth)
            if kernel is None:
                return _with_questions(with_causes(start, examination, depth))
            from hairpin.answer.proven_repairs import printed_otherwise  # noqa: PLC0415 - only a kernel needs them
            from hairpin.judges.replicated import replicating  # noqa: PLC0415

            with replicating(examination, start.evidence, kernel) as word:
                found = with_causes(start, examination, depth)  # while the replicas run
                found = _judged(found, word(printed_otherwise(found.causes, examination)))
            return _with_questions(msgspec.structs.replace(found, kernel=kernel.release))


def network_asked(question: Question, sources: tuple[Source, ...]) -> Network:
    """Return the network of the question: the hosts as the evidence describes them, and what the user stated."""
    hosts = together(sources)
    return begin_answer(question, hosts, network_of(hosts))[0].network


def begin_answer(question: Question, hosts: tuple[Source, ...], network: Network) -> tuple[Answer, tuple[Flow, ...]]:
    """Return the answer before any walk, and the flows."""
    evidence = tuple(each for each in hosts if isinstance(each, Evidence))
    refuse_same_machine(network)
    within = with_world(network, question.world, question.publics, question.targets)
    flows = tuple(map(question.sized, flows_for(within, question.targets, question.origin)))
    unread = tuple(each for host in network.hosts for each in host.unread)
    notes = (*age_notes(evidence), *published_elsewhere(within, question.targets))
    start = Answer(question, evidence, within, (), unread=unread, notes=notes)
    return (start, flows) if question.after is None else after_event(start, question.after, flows)


def _is_partial(network: Network) -> bool:
    """Return whether a container was left unread because the question did not seem to need it."""
    return any(container.left_unread for host in network.hosts for container in host.containers())


def _is_decided(diagnosis: Diagnosis) -> bool:
    """Return whether no unread container can change the diagnosis: no walk ended there, and every failure has a
    cause."""
    return not diagnosis.met_unread and (diagnosis.trace.succeeds or bool(diagnosis.causes))


def _needs_all(found: Finding) -> bool:
    """Return whether the unread containers are needed for the repairs: a repair concerns all containers of a network,
    or there are several repairs, whose order depends on their effects on other flows."""
    return found.candidate.of_network or any(way.change.parts for way in found.candidate.ways)


def _with_questions(answer: Answer) -> Answer:
    if answer.event is None:  # the event may have stopped the engine, and states are about the present
        answer = with_states(with_engines(answer))
    asked = questions_of(answer.network, tuple((each.ref, each.trace) for each in answer.flows))
    return msgspec.structs.replace(answer, questions=asked)


def network_of(sources: tuple[Source, ...]) -> Network:
    """Return the network in the evidence; a host that was not read has only its label."""
    return Network(tuple(parse(each) if isinstance(each, Evidence) else _not_read(each) for each in sources))


def _not_read(source: NotRead) -> Host:
    return Host(source.label, unread=(Unread(HOST, "", source.origin, source.reason, "", source.label),))


def _judged(found: Answer, word: "Replication") -> Answer:
    """Return the answer with the second judge's verdicts."""
    return msgspec.structs.replace(
        found,
        flows=tuple(
            msgspec.structs.replace(each, judged=both) for each, both in zip(found.flows, word.flows, strict=True)
        ),
        causes=tuple(
            msgspec.structs.replace(each, judge="replicated") if each.ref in word.causes else each
            for each in found.causes
        ),
        unread=(*found.unread, *word.unread),
        disputes=tuple(
            Dispute(ref_of(number), each, with_host=found.has_several_hosts) for number, each in word.disagreements
        ),
    )


def _unsearched(network: Network, flows: tuple[Flow, ...]) -> Examination:
    """Return the flows' walks without a search for causes."""
    found = (without_search(network, flow) or Diagnosis(walked(network, flow)) for flow in flows)
    return Examination(network, tuple(found), ())


def with_causes(start: Answer, examination: Examination, depth: Depth) -> Answer:
    """Return the answer of ``check`` by the walk: diagnoses and repairs, as far as ``depth``."""
    flows = tuple(
        FlowAnswer(
            ref_of(number),
            each.trace,
            tuple(cause.ref for cause in examination.causes_of(number)),
            orders=start.event.orders(number, each.trace) if start.event is not None else (),
        )
        for number, each in enumerate(examination.diagnoses)
    )
    start = msgspec.structs.replace(start, event=with_orders(start.event, flows))
    if depth == "flows":
        return msgspec.structs.replace(start, flows=flows)
    ahead = depth == "events" and start.event is None
    kept_out = singled_out(examination)
    beside = findings(examination, kept_out, ahead=ahead, everything=not start.question.targets)
    causes = tuple(with_event(each, start) for each in joined_by_choice(of_searched(examination)))
    others = with_refs((of_finding(each, examination) for each in beside), len(causes) + 1)
    return msgspec.structs.replace(
        start,
        flows=flows,
        causes=by_severity((*causes, *others)),
        notes=(
            *start.notes,
            *sources_told_apart(examination),
            *remarks(start.network, tuple(each.trace for each in examination.diagnoses)),
            *(each.line() for each in kept_out if each.found is None),
        ),
    )


def sources_told_apart(examination: Examination) -> tuple[Message, ...]:
    """Return a note for each outside client that is stopped while another one passes, with the rule that stops it."""
    found = (_told_apart(each.instead_of, each.trace) for each in examination.diagnoses if each.instead_of is not None)
    return tuple(dict.fromkeys(found))


def _told_apart(stopped: Trace, passing: Trace) -> Message:
    if not isinstance(stopped.flow.start, (Outside, Lan)):
        there, elsewhere = (address_text(each.flow.daddr, each.flow.version) for each in (stopped, passing))
        return message(
            "rules or routes here treat these destinations differently: {one} is not reached from {start}, {other} is",
            one=there,
            other=elsewhere,
            start=stopped.flow.start_text(),
        )
    one, other = (address_text(each, stopped.flow.version) for each in (_client(stopped), _client(passing)))
    decided = stopped.usual.stop.decided_by if stopped.usual.stop is not None else None
    if isinstance(decided, RuleDecided):
        return message(
            "a rule treats these sources differently: {one} does not get through, {other} does. This rule stops the "
            "first: {rule}; ask with {asking}",
            one=one,
            other=other,
            rule=f"{decided.place.table} {decided.place.chain}: {decided.place.text}",
            asking=ask_from(one),
        )
    return message(
        "rules or routes here treat these sources differently: {one} does not get through, {other} does; ask with "
        "{asking}",
        one=one,
        asking=ask_from(one),
        other=other,
    )


def _client(trace: Trace) -> int:
    start = trace.flow.start
    assert isinstance(start, (Outside, Lan))
    return start.address


def _proven(start: Answer, flows: tuple[Flow, ...], kernel: "Kernel") -> Answer:
    """Return both judges' answers; for a name only the walk's, because a packet does not show which names a server
    knows."""
    from hairpin.judges.disagreement import disagreement  # noqa: PLC0415 - only a kernel needs them
    from hairpin.judges.judged import judge_flows  # noqa: PLC0415

    asked = tuple((number, flow) for number, flow in enumerate(flows) if not flow.asked_name)
    answers = judge_flows(start.network, tuple(flow for _, flow in asked), start.evidence, kernel) if asked else ()
    both = {number: each for (number, _), each in zip(asked, answers, strict=True)}
    found = ((number, disagreement(each, start.network.world, kernel.release)) for number, each in both.items())
    answer = msgspec.structs.replace(
        start,
        flows=tuple(
            FlowAnswer(ref_of(number), both[number].trace, judged=both[number])
            if number in both
            else FlowAnswer(ref_of(number), walk_flow(start.network, flow))
            for number, flow in enumerate(flows)
        ),
        disputes=tuple(
            Dispute(ref_of(number), each, with_host=start.has_several_hosts)
            for number, each in found
            if each is not None
        ),
        kernel=kernel.release,
    )
    return _with_questions(answer)
