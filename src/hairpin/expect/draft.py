"""Drafts expectations from what is true now, and the edits that bring a file up to date.

A draft has the published ports, the way out and the names of every network, and who asks whom inside a compose project
whose file says so.  What does not work now is no expectation: a remark says why.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hairpin.answer.begin import network_asked
from hairpin.events.happening import possible_events
from hairpin.evidence.several import Source
from hairpin.expect.expectation import Expectation, Expectations
from hairpin.expect.holding import Holding, Holdings, hold
from hairpin.host.docker import Container, DockerNetwork, PortBinding
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, is_loopback
from hairpin.network.world import PublicAddress
from hairpin.question.question import Question
from hairpin.question.reach import OF_NETWORK, parse_reach, running_on

_EVENTS = ("reboot", "docker-restart", "podman-restart", "firewalld-reload", "firewalld-restart")
"""The events that happen to every host sooner or later, and that nobody thinks of as a change."""
_CLIENTS = ("outside", "lan", "host")
_NO_NETWORKS = ("host", "null")
"""The drivers of Docker's networks ``host`` and ``none``."""


class DraftPart(msgspec.Struct, frozen=True):
    """Expectations that share a table of the file, and the remarks above it, for the person who edits the file."""

    expected: tuple[Expectation, ...] = ()
    remarks: tuple[Message, ...] = ()


class DraftFile(msgspec.Struct, frozen=True):
    """A new file: its parts, the public addresses of the host, and the host's name."""

    parts: tuple[DraftPart, ...]
    publics: tuple[PublicAddress, ...]
    host: str


def draft(sources: tuple[Source, ...], question: Question = Question()) -> DraftFile:  # noqa: B008 - immutable
    """Return the expectations that this host keeps now.  ``question``: the world that the user states.

    Raises the same errors as ``hold``."""
    network = network_asked(question, sources)
    wished = tuple(_wished(network, network.this))
    held = hold(Expectations(tuple(one for part in wished for one in part.expected)), sources, question)
    kept = {each.expectation.key: each for each in held.each}
    parts = tuple(found for part in wished for found in _true_part(part, kept))
    return DraftFile(parts, network.world.publics, network.this.name)


def _wished(network: Network, host: Host) -> Iterator[DraftPart]:
    """Yield what a person may expect of the host, whether it is true or not."""
    events: tuple[str, ...] = tuple(dict.fromkeys(
        event.id for event, _ in possible_events(network, host.name) if event.id in _EVENTS
    ))  # fmt: skip
    for what, publishers, is_closed in _ports(host):
        said = message("{port}: published by {names}", port=what, names=", ".join(publishers))
        yield DraftPart(tuple(_of(what, each, events) for each in _CLIENTS if not is_closed or each == "host"), (said,))
        if is_closed:
            remark = message("{port}: published for this host alone", port=what)
            yield DraftPart(tuple(_of(what, each, events, must=False) for each in ("outside", "lan")), (remark,))
    for each in _used_networks(host):
        names = ", ".join(one.name for one in running_on(host, each))
        said = message("network {network}: {names}", network=each.name, names=names)
        origin = f"{OF_NETWORK}{each.name}"
        if each.internal:
            yield DraftPart((_of("internet", origin, events, must=False),), (said,))
        else:
            yield DraftPart(tuple(_of(what, origin, events) for what in ("internet", "names")), (said,))
    for sharer, owner in _sharers(host):
        said = message("{name} shares the network of {other}", name=sharer.name, other=owner.name)
        origin = f"container:{sharer.name}"
        yield DraftPart(tuple(_of(what, origin, events) for what in ("internet", "names")), (said,))
    for one, other, port in _pairs(host):
        said = message("the compose file of {one} names {other}", one=one.name, other=other.name)
        yield DraftPart((_of(f"{other.name}:{port}", f"container:{one.name}", events),), (said,))


def _of(what: str, origin: str, events: tuple[str, ...], *, must: bool = True) -> Expectation:
    return Expectation(must, what, origin, parse_reach(what, origin), events)


def _ports(host: Host) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Yield each published port of the running containers as a target, the containers' names, and whether it is
    published on the loopback address alone."""
    found: dict[tuple[str, bool], list[str]] = {}
    for container in host.containers():
        for binding in container.bindings if container.running else ():
            if binding.protocol in ("tcp", "udp") and binding.host_port:
                closed = binding.host_ip is not None and is_loopback(binding.host_ip, binding.version)
                found.setdefault((_target(binding, is_closed=closed), closed), []).append(container.name)
    for (what, closed), names in found.items():
        yield what, tuple(dict.fromkeys(names)), closed


def _target(binding: PortBinding, *, is_closed: bool) -> str:
    port = f"{binding.host_port}/{binding.protocol}"
    if binding.host_ip is None or is_closed:
        return port
    address = address_text(binding.host_ip, binding.version)
    return f"[{address}]:{port}" if binding.version == 6 else f"{address}:{port}"


def _used_networks(host: Host) -> Iterator[DockerNetwork]:
    for engine in host.engines:
        for each in engine.networks:
            if each.driver not in _NO_NETWORKS and any(running_on(host, each)):
                yield each


def _sharers(host: Host) -> Iterator[tuple[Container, Container]]:
    """Yield the running containers that share the network of another one, which may be replaced without them.  The
    containers of a pod are replaced together."""
    running = [each for each in host.containers() if each.running]
    for each in running:
        owner = next((one for one in running if each.joins(one)), None)
        if owner is not None and not owner.pod and owner.endpoints and not host.members_of(owner):
            yield each, owner


def _pairs(host: Host) -> Iterator[tuple[Container, Container, int]]:
    """Yield who asks whom inside a compose project, and a port on which the asked container listens."""
    running = [each for each in host.containers() if each.running and each.project]
    for one in running:
        for other in running:
            if other.project != one.project or other.service not in one.depends_on:
                continue
            port = next((number for protocol, number in other.exposed if protocol == "tcp"), None)
            if port is not None and _share_network(one, other):
                yield one, other, port


def _share_network(one: Container, other: Container) -> bool:
    return bool({each.network for each in one.endpoints} & {each.network for each in other.endpoints})


def _true_part(part: DraftPart, kept: dict[tuple[bool, str, str], Holding]) -> Iterator[DraftPart]:
    """Yield the part as far as it is true now, with a remark on what is not."""
    by_survival: dict[tuple[str, ...], list[Expectation]] = {}
    failing: dict[tuple[tuple[str, ...], str, str], list[Holding]] = {}
    for each in part.expected:
        holding = kept[each.key]
        if holding.reason is not None:
            continue  # the host has no such client, or no address of this family
        events = tuple(one.event for one in holding.breaches)
        if events:
            failing.setdefault((events, _causes(holding), holding.state), []).append(holding)
        if "" not in events:
            survives = tuple(event for event in each.survives if event not in events)
            by_survival.setdefault(survives, []).append(msgspec.structs.replace(each, survives=survives))
    remarks = (*part.remarks, *(_failing(events, causes, some) for (events, causes, _), some in failing.items()))
    for expected in by_survival.values():
        yield DraftPart(tuple(expected), remarks)
        remarks = ()
    if remarks and not by_survival:
        yield DraftPart((), remarks)


def _failing(events: tuple[str, ...], causes: str, some: Sequence[Holding]) -> Message:
    what = ", ".join(dict.fromkeys(each.expectation.what for each in some))
    origin = ", ".join(dict.fromkeys(each.expectation.origin for each in some))
    is_open = all(not one.decided for each in some for one in each.breaches if not one.event)
    said = (
        message("whether {what} from {origin} holds now is undecided", what=what, origin=origin)
        if "" in events and is_open
        else message("{what} from {origin} does not hold now", what=what, origin=origin)
        if "" in events
        else message("{what} from {origin} does not survive {events}", what=what, origin=origin,
                     events=", ".join(events))
    )  # fmt: skip
    return message("{said} ({causes})", said=said, causes=causes) if causes else said


def _causes(holding: Holding) -> str:
    return ", ".join(dict.fromkeys(each.id for one in holding.breaches for each in one.causes))


class Edit(msgspec.Struct, frozen=True):
    """One edit of a file: an expectation to add, or to take out because the host does not keep it."""

    adds: bool
    expectation: Expectation
    reason: Message | None = None


def edits(held: Holdings, drafted: DraftFile) -> tuple[Edit, ...]:
    """Return the edits after which the file says what is true now: what is broken or gone is taken out, and what is
    true and not yet expected is added."""
    return (*_removals(held.each), *_additions(held.each, drafted))


def _removals(each: Iterable[Holding]) -> Iterator[Edit]:
    for holding in each:
        if holding.is_gone or holding.is_broken:
            events = tuple(one.event for one in holding.breaches if one.decided)
            reason = holding.reason or _failing(events, _causes(holding), (holding,))
            yield Edit(False, holding.expectation, reason)


def _additions(each: Iterable[Holding], drafted: DraftFile) -> Iterator[Edit]:
    known = {holding.expectation.key for holding in each}
    for part in drafted.parts:
        for expectation in part.expected:
            if expectation.key not in known:
                yield Edit(True, expectation)
