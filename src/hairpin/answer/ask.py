"""Answers a question about the hosts that the evidence describes."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, Depth, Dispute, FlowAnswer, ref_of
from hairpin.answer.engines import with_engines
from hairpin.answer.questions import questions_of
from hairpin.beside.flows.elsewhere import published_elsewhere
from hairpin.beside.inquiry import Inquiry
from hairpin.beside.table import after_observers
from hairpin.errors import UsageError
from hairpin.evidence.reading import HOST, PASTED, Evidence, lacks_rules
from hairpin.evidence.several import NotRead, Source, age_notes, together
from hairpin.host.docker import Container
from hairpin.host.host import Host, Unread
from hairpin.host.read.parse import parse
from hairpin.message import Message, message
from hairpin.network.attachment import network_for
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network, is_held
from hairpin.network.prefix import is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from hairpin.question.hosts import refuse_same_machine
from hairpin.question.outside import with_world
from hairpin.question.question import Question
from hairpin.question.target import is_outside_name
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

if TYPE_CHECKING:
    from hairpin.replica.judgement import Kernel


def ask(
    question: Question,
    sources: tuple[Source, ...],
    kernel: "Kernel | None" = None,
    rest: Callable[[], tuple[Source, ...]] | None = None,
    *,
    depth: Depth = "events",
) -> Answer:
    """Return the answer to the question.

    ``sources``: for each host, its evidence or the reason why there is no evidence.  The first entry is about this
    host.  ``kernel``: the second judge, if it may be asked.  ``rest``: a function that reads all containers, which is
    called if an unread container is needed.  ``depth``: how much the answer to ``check`` contains.

    Raises UsageError if the question does not fit these hosts, and CollectError if a host that the question names could
    not be read.  For ``prove``, raises ReplicaError if no replica can be built.
    """
    hosts = together(sources)
    network = network_of(hosts, question.targets, question.asking)
    if question.kind == "check" and question.after is None:
        network = _supposing_unread(network, hosts)
        if any(host.is_partly_read for host in network.hosts):
            kernel = None  # it would confirm rules that were supposed
    whole = rest if _is_partial(network) else None
    try:
        start, flows = begin_answer(question, hosts, network)
    except UsageError:
        if whole is None:
            raise
        return ask(question, whole(), kernel, depth=depth)
    if whole is not None and any(map(partial(_may_lead_to_unread, start.network), flows)):
        return ask(question, whole(), kernel, depth=depth)
    match question.kind:
        case "walk" | "prove" if whole is not None and not all(
            walk_flow(start.network, flow).succeeds for flow in flows
        ):
            return ask(question, whole(), kernel, depth=depth)
        case "walk":
            from hairpin.answer.likely.supposed import with_supposed  # noqa: PLC0415 - a check marks its flows itself

            flow = FlowAnswer("f1", walk_flow(start.network, flows[0]))
            return _with_questions(
                msgspec.structs.replace(start, flows=with_supposed(start.network, (flow,), question))
            )
        case "prove":
            assert kernel is not None
            return _proven(start, flows, kernel)
        case "check":
            from hairpin.answer.check import answer_of_check  # noqa: PLC0415 - a walk asks for no causes

            answer = answer_of_check(start, flows, kernel, depth, partial=whole is not None)
            if answer is None:
                assert whole is not None
                return ask(question, whole(), kernel, depth=depth)
            return _with_supposed_told(_with_questions(answer))


def _with_supposed_told(answer: Answer) -> Answer:
    """Return the answer in which verdicts and causes that rest on supposed parts are marked."""
    if answer.is_partly_read:
        from hairpin.answer.likely.without_root import as_far_as_read  # noqa: PLC0415 - root reads all

        answer = as_far_as_read(answer)
    if not answer.is_of_text:
        return answer
    from hairpin.answer.likely.likely import with_likely  # noqa: PLC0415 - most hosts are read themselves

    return with_likely(answer)


def network_asked(question: Question, sources: tuple[Source, ...]) -> Network:
    """Return the network of the question: the hosts as the evidence describes them, in the world that the user
    stated."""
    hosts = together(sources)
    return begin_answer(question, hosts, network_of(hosts, question.targets, question.asking))[0].network


def begin_answer(question: Question, hosts: tuple[Source, ...], network: Network) -> tuple[Answer, tuple[Flow, ...]]:
    """Return the answer in its form before any walk, and the flows that the question means."""
    evidence = tuple(each for each in hosts if isinstance(each, Evidence))
    refuse_same_machine(network)
    within = with_world(network, question.world, question.publics, question.targets)
    asked = question.targets
    question = _with_told_targets(_without_unlisted(question, within), within)
    unlisted = tuple(each for each in asked if each not in question.targets)
    flows = tuple(map(question.sized, flows_for(within, question.targets, question.origin)))
    said = (*age_notes(evidence), *map(_unlisted_note, unlisted))
    inquiry = after_observers("meant", Inquiry(question, within, flows, None, said, question.after is None))
    flows = inquiry.flows
    if any(host.is_of_text for host in within.hosts):
        from hairpin.suppose.asked_services import with_asked_services  # noqa: PLC0415 - most hosts are read themselves

        within = with_asked_services(within, flows)
    unread = tuple(each for host in network.hosts for each in host.unread)
    elsewhere = tuple(published_elsewhere(within, question.targets))
    start = Answer(question, evidence, within, (), unread=unread, notes=inquiry.notes, elsewhere=elsewhere)
    if question.after is None:
        return start, flows
    from hairpin.answer.events import after_event  # noqa: PLC0415 - few questions are about an event

    return after_event(start, question.after, flows)


def _without_unlisted(question: Question, network: Network) -> Question:
    """Return the question to a text without the containers of which the text tells nothing, or no port that a client
    could ask for: a text lists few of the things that its host has."""
    if not any(host.is_of_text for host in network.hosts):
        return question
    kept = tuple(each for each in question.targets if each.container is None or _is_told(each, question, network))
    return msgspec.structs.replace(question, targets=kept)


def _is_told(target: Target, question: Question, network: Network) -> bool:
    name = target.container or ""
    named = [each for host in network.hosts for each in host.containers_named(name)]
    if not named:
        return is_outside_name(name) and bool(question.asking)
    return target.port is not None or question.origin is None or any(each.bindings or each.exposed for each in named)


def _unlisted_note(target: Target) -> Message:
    return message(
        "The text tells of no container that has the name or address {name}, or of no port of it. hairpin answers for "
        "what the text tells",
        name=target.container or "-",
    )


def _with_told_targets(question: Question, network: Network) -> Question:
    """Return the question.  A question about a pasted text without a target means the failures that the text states."""
    if question.targets or not any(host.is_of_text for host in network.hosts):
        return question
    from hairpin.answer.likely.likely import targets_told  # noqa: PLC0415 - most hosts are read themselves

    return msgspec.structs.replace(question, targets=targets_told(network))


def _is_partial(network: Network) -> bool:
    """Return whether a container was left unread because the question did not seem to need it."""
    return any(container.left_unread for host in network.hosts for container in host.containers())


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
    if answer.event is None:  # the event may have stopped the engine, but hairpin reports only present states
        answer = with_engines(answer)
    if answer.event is None and answer.question.kind == "check":
        from hairpin.answer.states import with_states  # noqa: PLC0415 - a walk asks for no causes

        answer = with_states(answer)
    traces = tuple((each.ref, each.trace) for each in answer.flows)
    asked = questions_of(answer.network, (*traces, *_grant_walks(answer)))
    if not answer.flows and answer.question.kind == "check":
        from hairpin.answer.ended import questions_about_ended  # noqa: PLC0415 - most hosts have flows

        asked = (*asked, *questions_about_ended(answer, len(asked)))
    return msgspec.structs.replace(answer, questions=asked)


def _grant_walks(answer: Answer) -> Iterator[tuple[str, Trace]]:
    """Yield the walks of the proofs that rest on a packet which a careful router outside drops, each with its flow's
    ref."""
    for each in answer.causes:
        repaired = each.proof.repaired if each.proof is not None and each.severity == "blocking" else None
        if repaired is not None and each.flows and any(one.about is not None for one in repaired.questions):
            yield each.flows[0], repaired


def network_of(sources: tuple[Source, ...], asked: tuple[Target, ...] = (), asking: str = "") -> Network:
    """Return the network that the evidence describes.  A host that was not read has a label and nothing else.

    ``asked``: the targets of the question.  ``asking``: the name of the container that asks; empty if none does."""
    return Network(
        tuple(_host_of(each, asked, asking) if isinstance(each, Evidence) else _not_read(each) for each in sources)
    )


def _host_of(evidence: Evidence, asked: tuple[Target, ...], asking: str) -> Host:
    """Return the host that the evidence describes.  A host that is known only from a text is completed with the parts
    of an ordinary host."""
    host = parse(evidence)
    if evidence.find(PASTED, "") is None:
        return host
    from hairpin.suppose.ordinary import ordinary_host  # noqa: PLC0415 - most hosts are read themselves

    return ordinary_host(host, evidence, asked, asking)


def _supposing_unread(network: Network, sources: tuple[Source, ...]) -> Network:
    """Return the network in which supposed parts replace the parts that a user without root could not read."""
    if not any(isinstance(each, Evidence) and lacks_rules(each) for each in sources):
        return network
    from hairpin.suppose.without_root import supposing_unread  # noqa: PLC0415 - root reads all

    hosts = (
        supposing_unread(host, each) if isinstance(each, Evidence) and lacks_rules(each) else host
        for host, each in zip(network.hosts, sources, strict=True)
    )
    return msgspec.structs.replace(network, hosts=tuple(hosts))


def _not_read(source: NotRead) -> Host:
    return Host(source.label, unread=(Unread(HOST, "", source.origin, source.reason, "", source.label),))


def _proven(start: Answer, flows: tuple[Flow, ...], kernel: "Kernel") -> Answer:
    """Return the answer with both judges' answers about the flows.

    Only the walk answers about the look-up of a name.  A packet does not show which names a server knows."""
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
