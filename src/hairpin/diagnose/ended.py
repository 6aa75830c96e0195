"""Finds containers that run now and do not run after an event.

On most hosts such containers are the only faults that events bring.  The search is short: the fault is the container's
state, and the proof is a start of the container.  Restarts of containers that a question is not about do not affect it,
and their simulation would take long on a large host.
"""

from collections.abc import Iterable, Mapping

import msgspec

from hairpin.causes.cause import Candidate, Finding, View
from hairpin.causes.proof import Proof, proof_by
from hairpin.causes.registry import cause_of
from hairpin.change.change import AddNamespace, Change, ChangeWorld, OfHost, SetContainer
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.suspect import Suspect
from hairpin.errors import ChangeError
from hairpin.host.docker import Container
from hairpin.network.flow import Flow
from hairpin.network.network import Network, netns_of
from hairpin.walk.alike import TraceTakenOver
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

_CAUSE = "container-not-running"


def ended_containers(was: Network, then: Network, label: str, failing: Mapping[int, Trace]) -> tuple[Finding, ...]:
    """Return a cause for each container of the host that runs before the event and does not run after it, with the
    flows that a start of the container delivers.

    ``failing``: the walks after the event, by the indexes of the asked flows."""
    found: dict[str, Finding] = {}
    proven: dict[Flow, Finding] = {}
    for number, trace in failing.items():
        name = container_reached(was, trace.flow)
        if name is None or not is_ended(was, then, label, trace.flow):
            continue
        if name in found:
            found[name] = msgspec.structs.replace(found[name], flows=(*found[name].flows, number))
            continue
        suspect, proof = _proven(then, trace, name, proven.get(trace.like.flow))
        if suspect is not None and proof is not None:
            found[name] = proven[trace.flow] = suspect.proven(proof, (number,))
    return tuple(found.values())


def is_ended(was: Network, then: Network, label: str, flow: Flow) -> bool:
    """Return whether the event leaves the flow's container stopped."""
    name = container_reached(was, flow)
    before, after = (each.host(label).container(name) if name else None for each in (was, then))
    return before is not None and before.running and after is not None and not after.running


def container_reached(was: Network, flow: Flow) -> str | None:
    """Return the flow's container: the asked container.

    If no container was asked, return the container that the flow reaches before the event.  A rule may lead a port that
    no container publishes to this container."""
    if flow.of_container is not None:
        return flow.of_container
    trace = walked(was, flow)
    netns = trace.usual.request[-1].netns if trace.succeeds and trace.usual.request else None
    if netns is None or netns.is_host:
        return None
    host = was.host(netns.host)
    return next((each.name for each in host.containers() if netns_of(host, each) == netns), None)


def _proven(then: Network, trace: Trace, name: str, of_first: Finding | None) -> tuple[Suspect | None, Proof | None]:
    """Return the container's state as the fault, with the proof that its start delivers the flow.

    ``of_first``: the fault of the alike flow that was walked.  If the two starts differ only in the own values of the
    two flows' containers, the proof of ``of_first`` is also this flow's proof (docs/adr/0039)."""
    published = _as_published(then, trace, name)
    stop = published.usual.stop
    if stop is None:
        return None, None
    for candidate in cause_of(_CAUSE).find(View(then, published.flow, published.usual, stop)):
        if of_first is not None and of_first.proof is not None and _is_same_start(trace, candidate, of_first):
            return Suspect(_CAUSE, candidate, stop), Proof(trace.verdict, of_first.proof.with_change)
        try:
            after = walk_flow(simulate(candidate.change, then), trace.flow)
        except ChangeError:
            continue
        if after.succeeds:
            return Suspect(_CAUSE, candidate, stop), proof_by(trace, after)
    return None, None


def _is_same_start(trace: Trace, candidate: Candidate, of_first: Finding) -> bool:
    """Return whether the start of the container becomes the start of the alike flow's container if the own values of
    the two containers are exchanged.

    Two flows to different addresses do not count: a start may give a container one of these addresses."""
    return (
        isinstance(trace, TraceTakenOver)
        and trace.flow.daddr == trace.like.flow.daddr
        and text_with_places(trace.network, candidate.change, trace.flow)
        == text_with_places(trace.network, of_first.candidate.change, trace.like.flow)
    )


def text_with_places(network: Network, change: Change, flow: Flow) -> str:
    """Return the text of the change, with a place for each own value of the flow's containers.

    The changes of two alike flows have the same text if one change becomes the other by an exchange of these values."""
    from hairpin.network.kinds.kinds import kinds_of  # noqa: PLC0415 - not needed for one flow

    return kinds_of(network).text_with_places(change, flow, network.this.name)


def _as_published(then: Network, trace: Trace, name: str) -> Trace:
    """Return the walk of the flow to the container's first published port.

    Return the given walk if the flow names the container itself, or if the container publishes no port of the flow's
    protocol."""
    if trace.flow.of_container is not None:
        return trace
    host = then.host(trace.flow.asked_host or trace.flow.host)
    container = host.container(name)
    ports = [each.host_port for each in (host.network_owner(container).bindings if container is not None else ())
             if each.host_port and each.protocol == trace.flow.protocol]  # fmt: skip
    if not ports:
        return trace
    return walk_flow(then, msgspec.structs.replace(trace.flow, container=name, dport=ports[0]))


_Shape = tuple[object, ...]


def containers_concerned(flows: Iterable[Flow], change: Change, network: Network) -> tuple[str, ...]:
    """Return the names of the containers at which the flows start or end, and of the containers that the change
    affects."""
    return tuple(dict.fromkeys((*filter(None, (each.of_container for each in flows)), *_touched(change, network))))


def _touched(change: Change, network: Network) -> Iterable[str]:
    for part in change.parts:
        if isinstance(part, AddNamespace | SetContainer):
            yield part.container.name
        elif not isinstance(part, ChangeWorld | OfHost) and (owner := network.container_of(part.netns)) is not None:
            yield owner.name


def shape_of(container: Container) -> _Shape:
    """Return the properties of the container on which the engine's work at its start depends, without its port
    numbers."""
    networks = frozenset((each.network, each.fixed4, each.fixed6) for each in container.endpoints)
    ports = frozenset((each.protocol, each.version, each.host_ip, each.actual) for each in container.bindings)
    return container.network_mode, networks, ports, container.running, container.restart_policy, container.unit
