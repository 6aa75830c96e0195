"""The first two phases of an answer: reads the hosts that the evidence describes, and finds the flows that the question
means, and the ports that another host publishes.  A question without a host's name is about the first host only."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer
from hairpin.beside.inquiry import Inquiry
from hairpin.beside.table import after_observers
from hairpin.evidence.reading import HOST, PASTED, Evidence, lacks_rules
from hairpin.evidence.several import NotRead, Source, age_notes, together
from hairpin.host.host import Host, Unread
from hairpin.host.read.parse import parse
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from hairpin.question.hosts import refuse_same_machine
from hairpin.question.outside import with_world
from hairpin.question.port_flows import bindings_of
from hairpin.question.question import Question
from hairpin.question.target import is_outside_name


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


def supposing_unread(network: Network, sources: tuple[Source, ...]) -> Network:
    """Return the network in which supposed parts replace the parts that a user without root could not read."""
    if not any(isinstance(each, Evidence) and lacks_rules(each) for each in sources):
        return network
    from hairpin.suppose import without_root  # noqa: PLC0415 - root reads all

    hosts = (
        without_root.supposing_unread(host, each) if isinstance(each, Evidence) and lacks_rules(each) else host
        for host, each in zip(network.hosts, sources, strict=True)
    )
    return msgspec.structs.replace(network, hosts=tuple(hosts))


def _not_read(source: NotRead) -> Host:
    return Host(source.label, unread=(Unread(HOST, "", source.origin, source.reason, "", source.label),))


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
    question = _without_unlisted(question, within)
    told = _flows_told(question, within)
    question = _with_told_targets(question, within)
    unlisted = tuple(each for each in asked if each not in question.targets)
    flows = question.flows or told or flows_for(within, question.targets, question.origin)
    flows = tuple(map(question.sized, (*_lookups_told(asked, question, within), *flows)))
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


def _flows_told(question: Question, network: Network) -> tuple[Flow, ...]:
    """Return the flows of the failures that a pasted text states, if the question names no target and no client, and
    the clients were at several places."""
    if question.targets or question.origin is not None or not any(host.is_of_text for host in network.hosts):
        return ()
    from hairpin.answer.likely.likely import flows_told  # noqa: PLC0415 - most hosts are read themselves

    return flows_told(network)


def _lookups_told(asked: tuple[Target, ...], question: Question, network: Network) -> tuple[Flow, ...]:
    """Return the look-ups of the asked containers' names that failed, and the asked ports at which a container was
    refused by itself, as a pasted text states them."""
    if question.kind != "check" or not any(host.is_of_text for host in network.hosts):
        return ()
    from hairpin.suppose.told_lookups import lookups_told, loopbacks_told  # noqa: PLC0415 - most hosts are read

    lookups = lookups_told(network, asked, question.asking)
    return (*lookups, *(() if question.asking else loopbacks_told(network, asked)))


def _with_told_targets(question: Question, network: Network) -> Question:
    """Return the question.  A question about a pasted text without a target means the failures that the text states,
    and their client."""
    if question.targets or not any(host.is_of_text for host in network.hosts):
        return question
    from hairpin.answer.likely.likely import origin_told, targets_told  # noqa: PLC0415 - most hosts are read themselves

    targets = targets_told(network)
    origin = question.origin or (origin_told(network) if targets else None)
    return msgspec.structs.replace(question, targets=targets, origin=origin)


def published_elsewhere(network: Network, targets: tuple[Target, ...]) -> Iterator[Message]:
    """Yield a note for each other host that publishes an asked port, if the question does not name a host."""
    if not network.this.was_read:
        return
    for target in targets:
        if target.port is None or target.host or target.address is not None or target.container is not None:
            continue
        for host in network.hosts[1:]:
            for port in range(target.port, (target.last or target.port) + 1):
                names = _publishing(host, port, target)
                if names:
                    is_shared = bool(_publishing(network.this, port, target))
                    yield message(
                        "{publishes} (container {containers}). This answer is about {host}; the TARGET {port}@{other} "
                        "asks about the other host",
                        publishes=_too(host, port) if is_shared else _alone(host, port),
                        other=host.name, port=port, containers=", ".join(names), host=network.this.name,
                    )  # fmt: skip


def _publishing(host: Host, port: int, target: Target) -> tuple[str, ...]:
    """Return the names of the running containers that publish the port."""
    bindings = bindings_of(host, port, target.protocol)
    return tuple(dict.fromkeys(each.name for each, _ in bindings if each.running))


def _too(host: Host, port: int) -> Message:
    return message("{other} publishes port {port}, too", other=host.name, port=port)


def _alone(host: Host, port: int) -> Message:
    return message("{other} publishes port {port}", other=host.name, port=port)
