"""Answers a question for causes: finds the causes that stop the flows, adds the findings about states and events, and
lets a kernel confirm them."""

from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, Depth, Dispute, FlowAnswer, ref_of
from hairpin.answer.cause_answers import by_severity, of_finding, of_searched, with_refs
from hairpin.answer.events import with_event, with_orders
from hairpin.answer.findings import findings, without_repaired
from hairpin.answer.past_decisions import joined_by_choice, unasked_by_choice
from hairpin.answer.remarks import remarks
from hairpin.causes.cause import Finding
from hairpin.causes.proof import Proof
from hairpin.diagnose.client_networks import told_by_network
from hairpin.diagnose.diagnose import Diagnosis, is_refused, without_search
from hairpin.diagnose.examination import Examination, examine
from hairpin.diagnose.examination import examination as examination_of
from hairpin.diagnose.invented_fields import told_by_field
from hairpin.diagnose.singled_out import singled_out
from hairpin.diagnose.stopped_clients import asks_about
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.decided import RuleDecided
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.walk.verdicts import VERDICTS
from hairpin.walk.walked import walked
from hairpin.wanted import ask_from, watch_port

if TYPE_CHECKING:
    from hairpin.judges.judged import Judged
    from hairpin.judges.replicated import Replication
    from hairpin.replica.judgement import Kernel


def answer_of_check(
    start: Answer, flows: tuple[Flow, ...], kernel: "Kernel | None", depth: Depth, *, partial: bool
) -> Answer | None:
    """Return the answer of ``check``, completed from ``start``, and confirmed by a kernel if a kernel may be asked.
    Return None if containers were left unread (``partial``) and one of these containers may change the answer."""
    if (
        start.question.origin is None
        and start.event is None
        and any(isinstance(each.start, FromHost) for each in flows)
    ):
        from hairpin.diagnose.inward_only import own_flows_left_out, told_of_left_out  # noqa: PLC0415

        left_out = own_flows_left_out(start.network, flows)
        flows = tuple(each for each in flows if each not in left_out)
        start = msgspec.structs.replace(start, notes=(*start.notes, *told_of_left_out(left_out, start.network)))
    if start.question.origin is None and start.event is None and any(map(_is_own_way_out_over_ipv6, flows)):
        from hairpin.answer.beside.private_ipv6 import told_of_private_ipv6, ways_left_out  # noqa: PLC0415 - few have IPv6

        left_out = ways_left_out(start.network, flows)
        flows = tuple(each for each in flows if each not in left_out)
        start = msgspec.structs.replace(start, notes=(*start.notes, *told_of_private_ipv6(left_out)))
    if start.event is None and any(map(_has_further_addresses, start.network.hosts)):
        from hairpin.answer.further_addresses import at_further_addresses, with_questions  # noqa: PLC0415

        further = at_further_addresses(start.network, start.question, flows)
        start = msgspec.structs.replace(start, notes=(*start.notes, *further.notes))
        examination = with_questions(_examination(start.network, (*flows, *further.flows), depth), further)
    else:
        examination = _examination(start.network, flows, depth)
    if depth != "flows" and start.event is None:
        examination = _asking(examination)
    if depth != "flows" and any(each.trace.flow.asked_name for each in examination.diagnoses):
        from hairpin.diagnose.nameless import without_names_apart  # noqa: PLC0415 - few questions are about two containers

        examination = without_names_apart(examination)
    if depth != "flows" and start.event is None:
        start, examination = _with_beside(start, examination)
    if depth != "flows" and start.event is None and start.question.origin is None and _meets_inner_tunnel(examination):
        from hairpin.diagnose.listed_clients import with_excepted_networks  # noqa: PLC0415 - few containers have a VPN

        examination = with_excepted_networks(examination)
    if depth != "flows" and start.event is None:
        from hairpin.answer.beside.resting import without_resting  # noqa: PLC0415 - no flow alone needs it

        examination, resting = without_resting(examination, start.question)
        start = msgspec.structs.replace(start, notes=(*start.notes, *resting))
    decided = all(map(_is_decided, examination.diagnoses)) and not any(map(_needs_all, examination.causes))
    if partial and not decided:
        return None
    if kernel is None:
        return with_causes(start, examination, depth)
    from hairpin.answer.proven_repairs import printed_otherwise  # noqa: PLC0415 - only a kernel needs them
    from hairpin.judges.replicated import replicating  # noqa: PLC0415

    with replicating(examination, start.evidence, kernel, once_a_kind=depth == "flows") as word:
        found = with_causes(start, examination, depth)  # the walk's part of the answer is made while the replicas run
        found = _judged(found, word(printed_otherwise(found.causes, examination)))
    return msgspec.structs.replace(found, kernel=kernel.release)


def _with_beside(start: Answer, examination: Examination) -> tuple[Answer, Examination]:
    """Return the answer and the examination with what the flows do not show: containers that keep their host's former
    name servers, and containers that do not listen where others of their service do."""
    hosts, targets = start.network.hosts, start.question.targets
    if any(map(_has_copies, hosts)):
        from hairpin.answer.beside.copied_servers import told_of_formers, with_former_servers  # noqa: PLC0415

        if targets:
            examination = with_former_servers(examination)
        else:
            start = msgspec.structs.replace(start, notes=(*start.notes, *told_of_formers(start.network)))
    if not targets and any(map(_has_replicas, hosts)):
        from hairpin.answer.beside.silent_replicas import told_of_silent  # noqa: PLC0415 - few hosts have replicas

        start = msgspec.structs.replace(start, notes=(*start.notes, *told_of_silent(start.network)))
    if start.question.origin is None and (
        any(each.container and each.port is None for each in targets)
        or (not targets and any(each.on_host_network for host in hosts for each in host.containers()))
    ):
        from hairpin.answer.beside.unpublished import told_of_unpublished  # noqa: PLC0415 - few questions name no port

        start = msgspec.structs.replace(start, notes=(*start.notes, *told_of_unpublished(start.network, targets)))
    return start, examination


def _asking(found: Examination) -> Examination:
    """Return the examination with the questions about the clients: whether a list lets them in, whether a rule stops
    them, or whether the path to them has a small MTU."""
    if any(map(_is_refused, found.diagnoses)):
        from hairpin.diagnose.listed_clients import with_listed_clients  # noqa: PLC0415 - few flows are refused

        found = with_listed_clients(found)
    if any(each.instead_of is not None for each in found.diagnoses):
        from hairpin.diagnose.stopped_clients import with_stopped_clients  # noqa: PLC0415 - few hosts stop a client

        found = with_stopped_clients(found)
    return found if found.causes else _asking_about_narrow_ways(found)


def _is_own_way_out_over_ipv6(flow: Flow) -> bool:
    return flow.purpose == "egress" and flow.version == 6


def _has_copies(host: Host) -> bool:
    """Return whether the engine's own resolv.conf of a container was read."""
    return any(each.resolvers_written is not None for each in host.containers())


def _has_replicas(host: Host) -> bool:
    """Return whether several containers have the same name on a network."""
    ends = (end for container in host.containers() if container.running for end in container.endpoints)
    names = [(end.network, alias) for end in ends for alias in end.aliases]
    return len(names) != len(set(names))


def _examination(network: Network, flows: tuple[Flow, ...], depth: Depth) -> Examination:
    return _unsearched(network, flows) if depth == "flows" else examine(network, flows)


def _meets_inner_tunnel(examination: Examination) -> bool:
    """Return whether the answer to a client stops in the namespace of a container."""
    stops = (each.trace.usual.stop for each in examination.diagnoses if each.trace.verdict == "unanswered")
    return any(stop is not None and not stop.netns.is_host for stop in stops)


def _has_further_addresses(host: Host) -> bool:
    """Return whether a link of the host has several addresses of one family that others can reach."""
    held = host.namespace(host.netns.name).addresses if host.netns.name in host else ()
    links = [(each.link, each.version) for each in held if each.scope == "global"]
    return len(links) > len(set(links))


def with_causes(start: Answer, examination: Examination, depth: Depth) -> Answer:
    """Return the answer of ``check`` that the walk gives: diagnoses and repairs, as much as ``depth`` asks for."""
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
        notes=(
            *start.notes,
            *sources_told_apart(examination),
            *told_by_network(examination.network, examination.diagnoses),
            *told_by_field(examination.network, tuple(each.trace for each in examination.diagnoses)),
            *remarks(start.network, tuple(each.trace for each in examination.diagnoses)),
            *(each.line() for each in kept_out if each.found is None),
        ),
    )


def sources_told_apart(examination: Examination) -> tuple[Message, ...]:
    """Return a note for each outside client that is stopped while another outside client passes.  The note names the
    rule that stops the client."""
    found = (
        _told_apart(each.instead_of, each.trace)
        for each in examination.diagnoses
        if each.instead_of is not None and not asks_about(each.trace, each.instead_of)
    )
    return tuple(dict.fromkeys(found))


def _told_apart(stopped: Trace, passing: Trace) -> Message:
    if not isinstance(stopped.flow.start, (Outside, Lan)):
        there, elsewhere = (address_text(each.flow.daddr, each.flow.version) for each in (stopped, passing))
        return message(
            "rules or routes here treat these destinations differently: {one} is not reached from {start}, but {other} "
            "is",
            one=there,
            other=elsewhere,
            start=stopped.flow.start_text(),
        )
    one, other = (address_text(each, stopped.flow.version) for each in (_client(stopped), _client(passing)))
    decided = stopped.usual.stop.decided_by if stopped.usual.stop is not None else None
    if isinstance(decided, RuleDecided):
        return message(
            "a rule treats these sources differently: {one} does not get through, but {other} does. This rule stops "
            "{one}: {rule}; to see why, ask with {asking}",
            one=one,
            other=other,
            rule=decided.place.in_full,
            asking=ask_from(one),
        )
    return message(
        "rules or routes here treat these sources differently: {one} does not get through, but {other} does; to see "
        "why, ask with {asking}",
        one=one,
        asking=ask_from(one),
        other=other,
    )


def _client(trace: Trace) -> int:
    start = trace.flow.start
    assert isinstance(start, (Outside, Lan))
    return start.address


def _unsearched(network: Network, flows: tuple[Flow, ...]) -> Examination:
    """Return the examination of the flows with their walks only, without a search for causes."""
    found = (without_search(network, flow) or Diagnosis(walked(network, flow)) for flow in flows)
    return Examination(network, tuple(found), ())


def _is_refused(diagnosis: Diagnosis) -> bool:
    return diagnosis.trace.flow.names_no_client and not diagnosis.trace.succeeds and is_refused(diagnosis.trace)


_MOST_KINDS = 8
"""The greatest number of kinds of flows for which the ICMP error about a path with a small MTU is walked."""


def _asking_about_narrow_ways(found: Examination) -> Examination:
    """Return the examination in which one flow of each kind has the question whether the path to its clients has a
    small MTU.  Flows of one kind take the same path through the host."""
    from hairpin.walk.size.told_of_mtu import unheard_of  # noqa: PLC0415 - a host with a cause is asked nothing

    kinds: dict[tuple[object, ...], int] = {}
    for number, each in enumerate(found.diagnoses):
        flow = each.trace.flow
        if each.trace.verdict == "delivered" and flow.protocol == "tcp" and isinstance(flow.start, Outside):
            links = tuple(
                step.link
                for step in each.trace.like.usual.request
                if step.netns.is_host and step.stage in ("device-in", "input", "forward", "relay")
            )
            kinds.setdefault((flow.host, flow.version, links), number)
    diagnoses = list(found.diagnoses)
    asked: set[Message] = set()
    for number in list(kinds.values())[:_MOST_KINDS]:
        question = unheard_of(found.network, diagnoses[number].trace)
        if question is not None and question.if_yes not in asked:
            asked.add(question.if_yes)
            trace = diagnoses[number].trace.asking(question)
            diagnoses[number] = msgspec.structs.replace(diagnoses[number], trace=trace)
    return examination_of(found.network, tuple(diagnoses)) if asked else found


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
