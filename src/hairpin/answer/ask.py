"""Answers a question about the hosts that the evidence describes, in six phases.  ``begin.py`` has the first two,
``check.py`` the next three for a question for causes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, Depth, Dispute, FlowAnswer, Further, ref_of
from hairpin.answer.begin import begin_answer, network_of, supposing_unread
from hairpin.answer.engines import with_engines
from hairpin.answer.questions import questions_of
from hairpin.errors import UsageError
from hairpin.evidence.several import Source, together
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.network.attachment import network_for
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network, is_held
from hairpin.network.prefix import is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.question.question import Question
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

if TYPE_CHECKING:
    from hairpin.replica.judgement import Kernel


def ask(
    question: Question,
    sources: tuple[Source, ...],
    kernel: "Kernel | None" = None,
    rest: Callable[[], tuple[Source, ...]] | None = None,
    further: Callable[[], Further] | None = None,
    *,
    depth: Depth = "events",
    quotes: bool = True,
) -> Answer:
    """Return the answer to the question.

    ``sources``: for each host, its evidence or the reason why there is no evidence.  The first entry is about this
    host.  ``kernel``: the second judge, if it may be asked.  ``rest``: a function that reads all containers, which is
    called if an unread container is needed.  ``further``: returns what can be read if the answer has a cause.
    ``depth``: how much the answer to ``check`` contains.  ``quotes``: whether the errors that a pasted text quotes are
    likely causes; no text proves itself.

    Raises UsageError if the question does not fit these hosts, and CollectError if a host that the question names could
    not be read.  For ``prove``, raises ReplicaError if no replica can be built.
    """
    found = _answer_of_flows(question, sources, kernel, depth, lazily=rest is not None)
    if found is None:
        assert rest is not None
        found = _answer_of_flows(question, rest(), kernel, depth, lazily=False)
    assert found is not None
    answer = _with_what_is_told(found, quotes=quotes)
    if further is None or all(each.severity != "blocking" for each in answer.causes):
        return answer
    from hairpin.answer.blamed import with_since  # noqa: PLC0415 - a healthy host has no cause

    return with_since(answer, further(), rest)


def _answer_of_flows(
    question: Question, sources: tuple[Source, ...], kernel: "Kernel | None", depth: Depth, *, lazily: bool
) -> Answer | None:
    """Return the answer after its first five phases; None if a container was left unread (``lazily``) that may change
    it."""
    hosts = together(sources)
    network = network_of(hosts, question.targets, question.asking)
    if question.kind == "check" and question.after is None:
        network = supposing_unread(network, hosts)
        if any(host.is_partly_read for host in network.hosts):
            kernel = None  # it would confirm rules that were supposed
    partial = lazily and any(each.left_unread for host in network.hosts for each in host.containers())
    try:
        start, flows = begin_answer(question, hosts, network)
    except UsageError:
        if partial:
            return None
        raise
    if partial and any(_may_lead_to_unread(start.network, flow) for flow in flows):
        return None
    if question.kind == "check":
        from hairpin.answer.check import answer_of_check  # noqa: PLC0415 - a walk asks for no causes

        return answer_of_check(start, flows, kernel, depth, partial=partial)
    if partial and not all(walk_flow(start.network, flow).succeeds for flow in flows):
        return None
    if question.kind == "prove":
        assert kernel is not None
        return _proven(start, flows, kernel)
    walk = FlowAnswer("f1", walk_flow(start.network, flows[0]))
    return msgspec.structs.replace(start, flows=(walk,))


def _with_what_is_told(answer: Answer, *, quotes: bool) -> Answer:
    """Return the answer with what is told of the hosts as they are, with its questions, and with the marks of verdicts
    and causes that rest on supposed parts."""
    if answer.event is None:  # the event may have stopped the engine, but hairpin reports only present states
        answer = with_engines(answer)
        if answer.question.kind == "check":
            from hairpin.answer.states import with_states  # noqa: PLC0415 - a walk asks for no causes

            answer = with_states(answer)
    answer = _with_questions(answer)
    if answer.is_partly_read:
        from hairpin.answer.likely.without_root import as_far_as_read  # noqa: PLC0415 - root reads all

        answer = as_far_as_read(answer)
    if answer.is_of_text and answer.question.kind == "walk":
        from hairpin.answer.likely.supposed import with_supposed  # noqa: PLC0415 - most hosts are read themselves

        return msgspec.structs.replace(answer, flows=with_supposed(answer.network, answer.flows, answer.question))
    if answer.is_of_text and answer.question.kind == "check":
        from hairpin.answer.likely.against import with_against  # noqa: PLC0415 - most hosts are read themselves
        from hairpin.answer.likely.by_words import with_chances  # noqa: PLC0415
        from hairpin.answer.likely.likely import with_likely  # noqa: PLC0415
        from hairpin.answer.likely.told_errors import with_told_errors  # noqa: PLC0415

        answer = with_likely(answer)
        answer = with_against(with_chances(with_told_errors(answer) if quotes else answer))
    return answer


def _may_lead_to_unread(network: Network, flow: Flow) -> bool:
    """Return whether a container that was not read may matter for the flow.

    Such a container may have the flow's destination, if the destination is in an engine's network and no namespace that
    was read has it.  Such a container may also route for the flow's client, or answer for the address of the flow's
    container."""
    if _may_come_by_container(network, flow):
        return True
    held = is_held(network, flow.version, flow.daddr)
    host = network.host(flow.asked_host or flow.host)
    nobodys = network.world.supposed_public(flow.version, flow.daddr) is not None
    if not held and (nobodys or network_for(host, flow.daddr, flow.version) is not None):
        return True
    return any(_is_answered_by_another(host, each) for each in host.containers() if each.name == flow.container)


def _is_answered_by_another(host: Host, container: Container) -> bool:
    """Return whether a neighbour entry of the host has another hardware address for the container than its engine
    gave it."""
    given = {(4, each.ipv4): each.mac for each in container.endpoints if each.ipv4 is not None and each.mac is not None}
    here = host.namespace(host.netns.name).neighbours if host.netns.name in host else ()
    return any(each.mac is not None and given.get((each.version, each.value), each.mac) != each.mac for each in here)


def _may_come_by_container(network: Network, flow: Flow) -> bool:
    """Return whether the user has named a client with a private address, and the host has no route to this client
    except its default route or a route into a container network."""
    start = flow.start
    if not isinstance(start, Outside) or flow.invented or start.behind is not None:
        return False
    if not is_private(start.address, flow.version):
        return False
    found = lookup(network.namespace(network.host_netns(flow.host)), Query(flow.version, start.address))
    if found.route is None or not found.route.prefix_length:
        return True
    host = network.host(flow.host)
    gateways = (hop.gateway for hop in found.next_hops if hop.gateway is not None)
    return any(network_for(host, each, flow.version) is not None for each in gateways)


def _with_questions(answer: Answer) -> Answer:
    traces = tuple((each.ref, each.trace) for each in answer.flows)
    asked = questions_of(answer.network, (*traces, *_grant_walks(answer)))
    if not answer.flows and answer.question.kind == "check":
        from hairpin.answer.states import questions_about_ended  # noqa: PLC0415 - most hosts have flows

        asked = (*asked, *questions_about_ended(answer, len(asked)))
    return msgspec.structs.replace(answer, questions=asked)


def _grant_walks(answer: Answer) -> Iterator[tuple[str, Trace]]:
    """Yield the walks of the proofs that rest on a packet which a careful router outside drops, each with its flow's
    ref."""
    for each in answer.causes:
        repaired = each.proof.repaired if each.proof is not None and each.severity == "blocking" else None
        if repaired is not None and each.flows and any(one.about is not None for one in repaired.questions):
            yield each.flows[0], repaired


def _proven(start: Answer, flows: tuple[Flow, ...], kernel: "Kernel") -> Answer:
    """Return the answer with both judges' answers about the flows.

    Only the walk answers about the look-up of a name.  A packet does not show which names a server knows."""
    from hairpin.judges.disagreement import disagreement  # noqa: PLC0415 - only a kernel needs them
    from hairpin.judges.judged import judge_flows  # noqa: PLC0415

    asked = tuple((number, flow) for number, flow in enumerate(flows) if not flow.asked_name)
    answers = judge_flows(start.network, tuple(flow for _, flow in asked), start.evidence, kernel) if asked else ()
    both = {number: each for (number, _), each in zip(asked, answers, strict=True)}
    found = ((number, disagreement(each, start.network.world, kernel.release)) for number, each in both.items())
    return msgspec.structs.replace(
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
