"""Answers a question for causes: finds the causes that stop the flows, adds the findings about states, addresses,
events, open ports and single clients, and lets a kernel confirm them.

At the end it marks the repairs that undo a decision only because of the rest of the answer.  The mark is the one
judgement that ``check``, ``fix`` and every front end ask.  Without a target, nobody asked for the flow, so no repair of
a configured or decided stop is made without a choice.  A repair may put two containers on a common network and so
bypass a rule between the containers.  A common network may be the repair of another cause, for example of a name that
the default network does not resolve.  If a second cause of the answer is a decision, this repair undoes the decision,
too.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, Depth, Dispute, FlowAnswer, ref_of
from hairpin.answer.cause_answers import by_severity, of_finding, of_searched, with_refs
from hairpin.answer.events import with_assumptions, with_event
from hairpin.beside.inquiry import Inquiry
from hairpin.beside.table import after_observers
from hairpin.causes.cause import Finding
from hairpin.causes.proof import Proof
from hairpin.causes.registry import causes_of_flows
from hairpin.causes.where import rule_of
from hairpin.change.calls import ConnectContainer, MakeNetwork
from hairpin.diagnose.diagnose import without_search
from hairpin.diagnose.examination import Examination, examine
from hairpin.diagnose.foreseen import foreseen
from hairpin.diagnose.singled_out import SingledOut, singled_out
from hairpin.diagnose.suspect import Diagnosis
from hairpin.engines.missing import missing_on
from hairpin.message import message
from hairpin.network.flow import Flow, FromContainer, Lan, Outside
from hairpin.network.network import Network
from hairpin.remedy.remedy import OwnersDecision, Remedy
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.verdicts import VERDICTS
from hairpin.walk.walked import walked
from hairpin.wanted import watch_port

if TYPE_CHECKING:
    from hairpin.judges.judged import Judged
    from hairpin.judges.replicated import Replication
    from hairpin.replica.judgement import Kernel


def answer_of_check(
    start: Answer, flows: tuple[Flow, ...], kernel: "Kernel | None", depth: Depth, *, partial: bool
) -> Answer | None:
    """Return the answer of ``check``, completed from ``start``, and confirmed by a kernel if a kernel may be asked.
    Return None if containers were left unread (``partial``) and one of these containers may change the answer."""
    inquiry = Inquiry(start.question, start.network, flows, None, start.notes, start.event is None, depth != "flows")
    inquiry = after_observers("checked", inquiry)
    inquiry = inquiry.examined((_unsearched if depth == "flows" else examine)(inquiry.network, inquiry.flows))
    asked = inquiry.walked
    inquiry = after_observers("walked", inquiry)
    examination = inquiry.walked
    start = msgspec.structs.replace(start, kept_out=_kept_out(asked, examination))
    decided = all(map(_is_decided, examination.diagnoses)) and not any(map(_needs_all, examination.causes))
    if partial and not decided:
        return None
    if kernel is None:
        return with_causes(start, inquiry, depth)
    from hairpin.answer.proven_repairs import printed_otherwise  # noqa: PLC0415 - only a kernel needs them
    from hairpin.judges.replicated import replicating  # noqa: PLC0415

    with replicating(examination, start.evidence, kernel, once_a_kind=depth == "flows") as word:
        found = with_causes(start, inquiry, depth)  # the walk's part of the answer is made while the replicas run
        found = _judged(found, word(printed_otherwise(found.causes, examination)))
    return msgspec.structs.replace(found, kernel=kernel.release)


def with_causes(start: Answer, inquiry: Inquiry, depth: Depth) -> Answer:
    """Return the answer of ``check`` that the walk gives: diagnoses and repairs, as much as ``depth`` asks for."""
    examination = inquiry.walked
    flows = tuple(
        FlowAnswer(
            ref_of(number),
            each.trace,
            tuple(cause.ref for cause in examination.causes_of(number)),
            assumptions=start.event.assumptions(number, each.trace) if start.event is not None else (),
        )
        for number, each in enumerate(examination.diagnoses)
    )
    start = msgspec.structs.replace(start, event=with_assumptions(start.event, flows))
    if depth == "flows":
        return msgspec.structs.replace(start, flows=flows, notes=inquiry.notes)
    ahead = depth == "events" and start.event is None and not start.is_of_text  # a text shows no host as it is
    kept_out = singled_out(examination)
    causes = tuple(with_event(each, start) for each in joined_by_choice(of_searched(examination)))
    if not start.question.targets:
        causes = tuple(map(unasked_by_choice, causes))
    beside = findings(examination, kept_out, ahead=ahead, everything=not start.question.targets)
    beside = without_repaired(beside, causes)
    others = with_refs((of_finding(each, examination) for each in beside), len(causes) + 1)
    return msgspec.structs.replace(
        start,
        flows=flows,
        causes=by_severity((*causes, *others)),
        notes=after_observers("found", inquiry).saying(each.line() for each in kept_out if each.found is None).notes,
    )


def _kept_out(asked: Examination, left: Examination) -> tuple[Flow, ...]:
    """Return the clients' flows that a rule stops, and in whose place the examination ``left`` has another client's
    flow or none."""
    kept = {each.trace.flow for each in left.diagnoses}
    stopped = (each.instead_of or each.trace for each in asked.diagnoses)
    inward = (each for each in stopped if isinstance(each.flow.start, (Outside, Lan)) and not each.succeeds)
    return tuple(each.flow for each in inward if each.flow not in kept and each.stopping_rule is not None)


def _unsearched(network: Network, flows: tuple[Flow, ...]) -> Examination:
    """Return the examination of the flows with their walks only, without a search for causes."""
    found = (without_search(network, flow) or Diagnosis(walked(network, flow)) for flow in flows)
    return Examination(network, tuple(found), ())


def _is_decided(diagnosis: Diagnosis) -> bool:
    """Return whether no unread container can change the diagnosis.

    The diagnosis is decided if no walk ended at an unread container, and every failing flow has a cause."""
    return not diagnosis.met_unread and (diagnosis.trace.succeeds or bool(diagnosis.causes))


def _needs_all(found: Finding) -> bool:
    """Return whether the unread containers have to be read for the repairs.

    The unread containers have to be read if a repair concerns all containers of a network.  The unread containers also
    have to be read if there are several repairs, because the order of repairs depends on their effects on other
    flows."""
    return found.candidate.of_network or any(way.change.parts for way in found.candidate.ways)


def _is_granted(proof: Proof | None) -> bool:
    """Return whether the proof rests on a packet that a careful router outside drops.

    The outside of a replica forwards this packet, too, so a replica cannot confirm such a proof."""
    return proof is not None and proof.repaired is not None and proof.repaired.rests_on_grant


def _with_word(flow: FlowAnswer, both: "Judged | None") -> FlowAnswer:
    """Return the flow with both verdicts.  If the flow passes in the walk and fails in the replica, a question asks
    which judge is right."""
    heard = msgspec.structs.replace(flow, judged=both)
    if both is None or not heard.doubted:
        return heard
    said, path = VERDICTS[both.judgement.verdict], both.judgement.path
    if path:
        said = message("{said} (its last packet was seen on {link} of {netns})", said=said, link=path[-1].link,
                       netns=path[-1].netns)  # fmt: skip
    asked = OpenQuestion(
        text=message(
            "Does {flow} arrive? hairpin's simulation says yes. This kernel, which got the same packets, says: {said}",
            flow=flow.trace.flow.target_text(),
            said=said,
        ),
        if_yes=message(
            "The simulation is right: the test copy (replica) that the kernel got differs from this host's network"
        ),
        if_no=message("The kernel is right: something that hairpin does not simulate stops the flow here"),
        wanted=(watch_port(flow.trace.flow.protocol, flow.trace.flow.dport),),
        undecided=True,
    )
    return msgspec.structs.replace(heard, trace=flow.trace.asking(asked))


def _judged(found: Answer, word: "Replication") -> Answer:
    """Return the answer with the verdicts of the second judge added."""
    return msgspec.structs.replace(
        found,
        flows=tuple(_with_word(each, both) for each, both in zip(found.flows, word.flows, strict=True)),
        causes=tuple(
            msgspec.structs.replace(each, judge="replicated")
            if each.ref in word.causes and not _is_granted(each.proof)
            else each
            for each in found.causes
        ),
        unread=(*found.unread, *word.unread),
        disputes=tuple(
            Dispute(ref_of(number), each, with_host=found.has_several_hosts) for number, each in word.disagreements
        ),
    )


def findings(
    examination: Examination, kept_out: tuple[SingledOut, ...], *, ahead: bool, everything: bool
) -> tuple[Finding, ...]:
    """Return the findings in the order of the report.

    ``kept_out``: the clients that hosts drop.  ``ahead``: whether faults that events will bring are included.
    ``everything``: whether the user named no target.  If ``everything`` is true, findings that concern no asked flow
    are included."""
    missed = _missed(examination) if ahead else ()
    return (
        *missed,
        *_unhairpinned(examination),
        *_nameless(examination),
        *(_to_come(examination, missed, everything=everything) if ahead else ()),
        *(each.found for each in kept_out if each.found is not None),
    )


def _missed(examination: Examination) -> tuple[Finding, ...]:
    if not any(lost for host in examination.network.hosts if host.was_read for _, lost in missing_on(host)):
        return ()
    from hairpin.diagnose.latent import latent  # noqa: PLC0415 - most hosts have all rules of their engines

    return latent(examination)


def _unhairpinned(examination: Examination) -> tuple[Finding, ...]:
    if not examination.network.world.publics:
        return ()
    from hairpin.diagnose.unhairpinned import unhairpinned  # noqa: PLC0415 - few hosts have a public address outside

    return unhairpinned(examination)


def _nameless(examination: Examination) -> tuple[Finding, ...]:
    flows = (each.trace.flow for each in examination.diagnoses)
    if not any(isinstance(each.start, FromContainer) and each.purpose == "asked" for each in flows):
        return ()
    from hairpin.beside.walks.nameless import nameless  # noqa: PLC0415 - few questions are about two containers

    return nameless(examination)


def _to_come(examination: Examination, missed: tuple[Finding, ...], *, everything: bool) -> Iterator[Finding]:
    named = (*examination.causes, *examination.instead, *missed)
    yield from foreseen(examination, frozenset(key for each in named for key in each.keys))
    for cause in causes_of_flows(examination.asked):
        for each in cause.of_flows(examination.asked):
            if (everything or each.flows) and _is_beside(each, named):
                yield msgspec.structs.replace(each, id=cause.id)


def _is_beside(found: Finding, named: tuple[Finding, ...]) -> bool:
    """Return whether the finding needs no other cause, or its host has a blocking cause that it leaves behind."""
    leaves = found.candidate.leaves
    blocking = (each for each in named if each.severity == "blocking" and each.host == found.host)
    return not leaves or any(each.id in leaves for each in blocking)


def without_repaired(found: tuple[Finding, ...], causes: tuple[CauseAnswer, ...]) -> tuple[Finding, ...]:
    """Return the findings without exposures through rules that the causes call accidents.

    The repair of such a cause deletes or bypasses the rule, so a loss of the rule exposes nothing.  An exposure through
    a rule that somebody decided stays in the result."""
    accidents = {
        (each.host, place)
        for each in causes
        if (place := rule_of(each.candidate.where)) is not None
        and each.severity == "blocking"
        and each.decision is None
        and each.configured is None
        and each.remedies
    }
    return tuple(
        each
        for each in found
        if each.severity != "exposure" or (each.host, rule_of(each.candidate.where)) not in accidents
    )


def unasked_by_choice(cause: CauseAnswer) -> CauseAnswer:
    """Return the cause of an answer whose question names no target: if the stop is decided or configured, each of its
    repairs undoes this decision."""
    decision = cause.decision
    if decision is None and cause.configured is not None:
        from hairpin.remedy.decisions import decision_of_setting  # noqa: PLC0415 - few stops have a setting

        decision = decision_of_setting(cause.configured)
    if decision is None or all(each.undoes is not None for each in cause.remedies):
        return cause
    told = (
        each if each.undoes is not None else msgspec.structs.replace(each, undoes=decision) for each in cause.remedies
    )
    return msgspec.structs.replace(cause, remedies=tuple(told))


def joined_by_choice(causes: Iterable[CauseAnswer]) -> tuple[CauseAnswer, ...]:
    """Return the causes.  A repair that connects a container to a network is marked in them if it undoes the decision
    behind another cause, and if this other cause stops a flow now."""
    known = tuple(causes)
    return tuple(_by_choice(each, tuple(_decisions(each, known))) for each in known)


def _decisions(cause: CauseAnswer, causes: tuple[CauseAnswer, ...]) -> Iterator[OwnersDecision]:
    """Yield the decisions on the cause's host that hairpin undoes only by the administrator's choice."""
    for each in causes:
        first = each.remedies[0].undoes if each.remedies else None
        if each.ref != cause.ref and each.host == cause.host and each.flows and first is not None:
            yield first


def _by_choice(cause: CauseAnswer, decisions: tuple[OwnersDecision, ...]) -> CauseAnswer:
    if not decisions or not any(map(_joins, cause.remedies)):
        return cause
    told = (
        msgspec.structs.replace(each, undoes=decisions[0]) if _joins(each) and each.undoes is None else each
        for each in cause.remedies
    )
    return msgspec.structs.replace(cause, remedies=tuple(sorted(told, key=lambda each: each.undoes is not None)))


def _joins(remedy: Remedy) -> bool:
    return any(
        isinstance(call, MakeNetwork) or (isinstance(call, ConnectContainer) and call.verb == "connect")
        for call in remedy.change.calls
    )
