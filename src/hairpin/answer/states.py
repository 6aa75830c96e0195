"""Adds the faulty states of the hosts to the causes of the flows.  Each state is added once, and comes before the
causes that follow from it.

A container on the host's network that ended by itself with an error publishes no port, and what it would listen on is
unknown, so no flow leads to it.  Its restart policy starts it no more.  Whether it should run, only the user knows: it
is asked about on a host on which nothing else is asked.
"""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.cause_answers import by_severity, of_reading, with_refs
from hairpin.answer.questions import QuestionAnswer, naming_repairs
from hairpin.causes.cause import Finding
from hairpin.causes.registry import causes_of_host
from hairpin.causes.where import container_of
from hairpin.change.calls import SetContainerState, SetUnitState
from hairpin.change.change import SetContainer, one
from hairpin.host.docker import Container, is_engine_time
from hairpin.host.engine_health import AS_STOPPED, is_down
from hairpin.host.host import Host
from hairpin.host.idle import IdleContainer
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import read_log


def with_states(answer: Answer) -> Answer:
    """Return the answer of a check with the states of its hosts as further causes, and any other answer unchanged."""
    if answer.question.kind != "check":
        return answer
    flows = answer.causes
    states = (
        of_reading(state, answer.network)
        for state in _states(answer.network)
        if _concerns(answer, state) and not any(_is_of(state, each) for each in flows)
    )
    found = with_refs(_without_repeats(states), len(flows) + 1)
    notes = (
        answer.network.about_host(host.name, note)
        for host in answer.network.hosts
        for note in _not_running(answer, host, (*found, *flows))
    )
    answer = msgspec.structs.replace(answer, causes=(*found, *flows), notes=(*answer.notes, *notes))
    for each in found:
        answer = _with_made(answer, each)
    return msgspec.structs.replace(answer, causes=by_severity(answer.causes))


def _states(network: Network) -> Iterator[Finding]:
    for host in network.hosts:
        for cause in causes_of_host(host) if host.was_read else ():
            for each in cause.of_host(host):
                yield msgspec.structs.replace(each, id=cause.id, host=host.name)


def _without_repeats(states: Iterator[CauseAnswer]) -> Iterator[CauseAnswer]:
    """Yield each state once.

    A state of several containers is found once for each container, so repetitions are left out."""
    told: set[tuple[str, str, object]] = set()
    for each in states:
        key = (each.id, each.host, each.candidate.where)
        if key not in told:
            told.add(key)
            yield each


_NAMED = 5
"""The greatest number of containers that one line names.  All other containers are only counted."""


def _not_running(answer: Answer, host: Host, causes: tuple[CauseAnswer, ...]) -> Iterator[Message]:
    """Yield the line about stopped containers that no other part of the answer names.

    If the user named a target, a container counts only if it is the target of a flow that leaves for another machine.
    """
    elsewhere = {each.trace.flow.container or "" for each in answer.flows if each.trace.verdict == "leaves"}
    told = {container_of(each.candidate.where) or "" for each in causes if each.host == host.name}
    shown = {each.trace.flow.container or "" for each in answer.flows if each.trace.flow.purpose == "published"}
    told |= shown - elsewhere
    served = {each.name for each in host.services() if each.running is not None and each.running >= (each.wanted or 0)}
    told |= {each.name for each in host.containers() if each.is_task and each.service in served}
    if not answer.flows:
        told |= {each.name for each in ended_with_error(answer, host)}
    idle = [each for each in host.containers() if not each.running and each.name not in told]
    if answer.question.targets:
        idle = [each for each in idle if each.name in elsewhere]
    else:
        yield from _without_engine(host)
        yield from _stopped_quadlets(host)
    if not idle:
        return
    kinds: dict[tuple[str, str], list[str]] = {}
    for each in idle[:_NAMED]:
        kinds.setdefault(
            (each.status, "its start failed" if each.error else f"policy {each.restart_policy}"), []
        ).append(each.name)
    named = "; ".join(f"{', '.join(names)} ({status}, {why})" for (status, why), names in kinds.items())
    if len(idle) == 1:
        yield message("1 container does not run: {named}", named=named)
    elif len(idle) > _NAMED:
        yield message(
            "{count} containers do not run: {named}; {more} more", count=len(idle), named=named, more=len(idle) - _NAMED
        )
    else:
        yield message("{count} containers do not run: {named}", count=len(idle), named=named)
    unasked = next((each.name for each in idle[:_NAMED] if each.bindings), None)
    if unasked is not None and not answer.question.targets:
        yield message("ports of containers that do not run were not checked: `hairpin {name}`", name=unasked)


def _without_engine(host: Host) -> Iterator[Message]:
    """Yield the line about rootless containers of users for whom no engine runs.  A container is named if it publishes
    a port that neither a socket nor another container has."""
    sockets = host.namespace(host.netns.name).sockets if host.netns.name in host else ()
    taken: set[tuple[str, int]] = {(each.protocol, each.port) for each in sockets}
    taken |= {(one.protocol, one.host_port) for each in host.containers() for one in each.bindings}
    lost = (
        (each, one.host_port)
        for each in host.idle
        for one in each.ports or ()
        if (one.protocol, one.host_port) not in taken
    )
    found: dict[IdleContainer, int] = {}
    for each, port in lost:
        found.setdefault(each, port)
    named = [f"{each.name} ({each.user}, {port})" for each, port in found.items()]
    if named:
        yield message(
            "rootless containers of users who run no engine now: {named}. To see why: hairpin check {port}",
            named=", ".join(named) if len(named) <= _NAMED else f"{', '.join(named[:_NAMED])} …",
            port=next(iter(found.values())),
        )


def _stopped_quadlets(host: Host) -> Iterator[Message]:
    """Yield the line about Quadlets with a published port that a target wants, and that do not run.  One whose unit has
    failed is a state."""
    if not host.quadlets:
        return
    from hairpin.causes.container._quadlet import lost_ports, made_by  # noqa: PLC0415 - few hosts have such files

    for each in host.quadlets:
        if not each.is_down or each.has_failed or not each.is_wanted or made_by(host, each) is not None:
            continue
        for lost in lost_ports(host, each)[:1]:
            yield message(
                "container {name} of {file} does not run: {unit} is {state}, and {targets} wants it. To see why: "
                "hairpin check {port}",
                name=each.name,
                file=each.file,
                unit=each.unit,
                state=each.condition,
                targets=", ".join(each.wanted_by),
                port=lost.host_port,
            )


def _concerns(answer: Answer, state: Finding) -> bool:
    """Return whether the state belongs to the answer.

    A container's state belongs to the answer if the user named no target, or if a flow goes to the container."""
    if not state.container or not answer.question.targets:
        return True
    flows = (each.trace.flow for each in answer.flows)
    return any(
        each.container == state.container and (each.asked_host or each.host) in ("", state.host) for each in flows
    )


def _is_of(state: Finding, cause: CauseAnswer) -> bool:
    """Return whether the cause of a flow already reports the state."""
    container = container_of(cause.candidate.where) or ""
    return (cause.id, cause.host) == (state.id, state.host) and state.container in ("", container)


def _with_made(answer: Answer, maker: CauseAnswer) -> Answer:
    """Return the answer with the state that made some causes of the answer.  The state stops the flows of these causes,
    and comes before them."""
    made = [each for each in answer.causes if maker.id in each.candidate.made_by and each.host == maker.host]
    if not made:
        return answer
    first, refs = by_severity(made)[0], {each.ref for each in made}
    flows = tuple(dict.fromkeys(flow for each in made for flow in each.flows))
    now = msgspec.structs.replace(maker, severity=first.severity, event=first.event, flows=flows)
    following = (_behind(maker, each) if each.ref in refs else each for each in answer.causes if each is not maker)
    stopped = (
        msgspec.structs.replace(flow, causes=_before(flow.causes, refs, maker.ref)) if refs & {*flow.causes} else flow
        for flow in answer.flows
    )
    return msgspec.structs.replace(answer, causes=(now, *following), flows=tuple(stopped))


def _behind(maker: CauseAnswer, made: CauseAnswer) -> CauseAnswer:
    """Return the made cause, which follows from its maker.  A daemon does not start as long as a person has not
    repaired what keeps it from starting, so its start is left to that person, too.  Rules can be put back at any
    time."""
    after = msgspec.structs.replace(made, follows_from=(*made.follows_from, maker.ref))
    starts = any(isinstance(each, SetUnitState) for each in made.candidate.change.calls)
    if not starts or any(each.commands for each in maker.remedies):
        return after
    from hairpin.remedy.remedy import Remedy  # noqa: PLC0415 - most hosts have no such state

    return msgspec.structs.replace(
        after,
        candidate=msgspec.structs.replace(made.candidate, offered=False),
        remedies=tuple(
            Remedy(
                "by-hand",
                (),
                advice=(message("first repair {cause}; then: {commands}", cause=maker.id, commands="; ".join(typed)),),
                by_person=True,
            )
            for each in made.remedies
            if (typed := each.commands)
        ),
    )


def _before(refs: tuple[str, ...], made: set[str], maker: str) -> tuple[str, ...]:
    """Return the references of a flow's causes, with the state's reference before the first cause that the state
    made."""
    first = next(number for number, each in enumerate(refs) if each in made)
    return (*refs[:first], maker, *refs[first:])


_MOST = 3
"""The greatest number of such containers that are asked about.  A note names the others."""


def ended_with_error(answer: Answer, host: Host) -> tuple[Container, ...]:
    """Return the containers of the host that the answer asks about; none if the answer has flows or a target."""
    if answer.flows or answer.question.targets or answer.event is not None or not host.was_read:
        return ()
    found = (each for engine in host.engines if not is_down(host, engine) for each in engine.containers)
    return tuple(each for each in found if _has_failed(each))[:_MOST]


def _has_failed(container: Container) -> bool:
    """Return whether the container on the host's network ended by itself with an error, and stays ended."""
    return (
        (container.network_mode, container.status, container.restart_policy) == ("host", "exited", "no")
        and not container.error
        and container.exit_code not in AS_STOPPED
        and is_engine_time(container.finished_at)
    )


def questions_about_ended(answer: Answer, count: int) -> Iterator[QuestionAnswer]:
    """Yield the question about each of the containers.  ``count``: how many questions the answer already has."""
    found = ((host, each) for host in answer.network.hosts for each in ended_with_error(answer, host))
    for number, (host, container) in enumerate(found, count + 1):
        yield QuestionAnswer(f"q{number}", naming_repairs(_question(host, container), answer.network), ())


def _question(host: Host, container: Container) -> OpenQuestion:
    engine = host.engine_of(container)
    facts = {"name": container.name, "code": container.exit_code, "at": container.finished_at}
    started = SetContainer(host.name, msgspec.structs.replace(container, status="running"))
    return OpenQuestion(
        text=message(
            "Should {name} run? It is on the host's network, and it ended by itself with exit code {code} at {at}",
            **facts,
        ),
        if_yes=message(
            "Nothing of {name} listens now, so its clients are refused. Remove the reason that its log tells, then run "
            "`{repair}`",
            **facts,
        ),
        if_no=message("There is nothing to do"),
        wanted=(read_log(engine.command("logs", "--tail", "50", container.name)),),
        breaks_if="yes",
        yes_repair=one(started, SetContainerState(engine.kind, "start", container.name, engine.user)),
    )
