"""No container publishes the port.

Users see: the host's address refuses although the service runs: ``EXPOSE`` alone publishes nothing.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, Way, where
from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.causes.rules._walls import pair_of
from hairpin.change.change import Change
from hairpin.engines.republishing import published_too
from hairpin.host.docker import Container, PortBinding
from hairpin.message import message
from hairpin.netfilter.packet import TCP, UDP


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container that has the port and does not publish it.

    If a rule of the engine's stopped the packet, one that deletes this rule.
    """
    place = view.place
    if place is not None:
        if owner(view, place) == "engine":
            yield from _protected(view)
        return
    if not view.on_host or at_host_port(view) or view.stop.seen.packet.protocol not in (TCP, UDP):
        return
    protocol = "tcp" if view.stop.seen.packet.protocol == TCP else "udp"
    for container in view.host.containers():
        if container.running and _serves(view, container, protocol):
            yield _unpublished(view, container, protocol)


def _serves(view: View, container: Container, protocol: str) -> bool:
    if (protocol, view.flow.dport) in container.exposed:
        return True
    if container.netns is None or container.on_host_network or container.netns not in view.host:
        return False
    sockets = view.host.namespace(container.netns).sockets
    return any((each.protocol, each.port) == (protocol, view.flow.dport) for each in sockets)


def _unpublished(view: View, container: Container, protocol: str) -> Candidate:
    port = view.flow.dport
    binding = PortBinding("udp" if protocol == "udp" else "tcp", port, port, None, view.flow.version)
    return Candidate(
        title=message("Port {port} of {name} is not published", port=port, name=container.name),
        detail=message(
            "Container {name} has this port, but no port of the host leads to it: EXPOSE (or `expose:`) "
            "alone publishes "
            "nothing.",
            name=container.name,
        ),
        change=Change(published_too(view.host, container, binding)),
        where=where(container=container.name, port=f"{port}/{protocol}"),
        in_class="port-not-published",
        evidence=(container.evidence,),
        advice=(message("recreate the container with -p {port}:{port}", port=port),),
    )


def _protected(view: View) -> Iterator[Candidate]:
    """Yield the candidate that connects the asking container to the other's network, if it is one of another network;
    then the one that proves the engine's rule and leaves the repair to a person."""
    place = view.place
    assert place is not None
    pair = pair_of(view)
    shut = Candidate(
        title=message("Docker's own rules keep out what is not published"),
        detail=message("{rule}", rule=place.text),
        change=deletion(view, place),
        where=where(table=place.table, chain=place.chain, rule=place.text),
        in_class="engine-protection",
        evidence=(place.evidence,),
        ways=(
            Way(Change(()), (message("publish the port (-p): the container is made anew with it"),), by_person=True),
        ),
        offered=False,
    )
    connecting = pair.change(view) if pair is not None else None
    if pair is not None and connecting is not None:
        effects = pair.side_effects(view)
        yield msgspec.structs.replace(
            shut, change=connecting, side_effects=effects, ways=(), offered=True, cuts=bool(effects)
        )
    yield shut


CAUSE = Cause(
    id="port-not-published",
    title="The port is not published",
    source="docs.docker.com: EXPOSE does not publish",
    reasons=frozenset({"no-listener", "rule", "policy", "reject"}),
    find=find,
)
