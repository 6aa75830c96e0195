"""Answers a question for causes: finds the causes that stop the flows, adds the findings about states and events, and
lets a kernel confirm them."""

from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, Depth, Dispute, FlowAnswer, ref_of
from hairpin.answer.cause_answers import by_severity, of_finding, of_searched, with_refs
from hairpin.answer.events import with_assumptions, with_event
from hairpin.answer.findings import findings, without_repaired
from hairpin.answer.past_decisions import joined_by_choice, unasked_by_choice
from hairpin.beside.inquiry import Inquiry
from hairpin.beside.table import after_observers
from hairpin.causes.cause import Finding
from hairpin.causes.proof import Proof
from hairpin.diagnose.diagnose import without_search
from hairpin.diagnose.examination import Examination, examine
from hairpin.diagnose.singled_out import singled_out
from hairpin.diagnose.suspect import Diagnosis
from hairpin.message import message
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
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
