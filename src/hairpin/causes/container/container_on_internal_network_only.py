"""The container is on internal networks only, and Docker publishes no port from those.

Users see: ``ports:`` is ignored, ``docker ps`` shows no mapping, the port is refused.

Proof: all its networks are internal, from which the engine publishes no port.
Now: connect it to a network that is not internal (``docker network connect``).
Lasting: a second network for the service in the Compose file.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.where import OfContainer
from hairpin.engines.connecting import connecting_change
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container
from hairpin.message import Message, message
from hairpin.network.flow import FromContainer


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container on internal networks that should publish this port."""
    for container, binding in at_host_port(view):
        if binding.actual or not container.running or not _only_internal(view, container):
            continue
        detail = message(
            "{engine} publishes no port of a container whose networks are all internal ({networks}), so it ignores "
            "that {name} asks for port {port}.",
            engine=view.host.engine_of(container).title,
            networks=_networks(container),
            name=container.name,
            port=binding.host_port,
        )
        yield from _connected(view, container, detail, port=binding.host_port)
    yield from _way_out(view)


def _way_out(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the container that connects to an address outside of its internal networks."""
    start = view.flow.start
    container = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if container is None or view.in_reply or not _only_internal(view, container):
        return
    detail = message(
        "Internal networks ({networks}) have no way out, as they were made.", networks=_networks(container)
    )
    yield from _connected(view, container, detail, port=None)


def _connected(view: View, container: Container, detail: Message, *, port: int | None) -> Iterator[Candidate]:
    """Yield the candidate that connects the container to the default bridge, if the engine has one."""
    engine = view.host.engine_of(container)
    joined = engine.network(engine.default_network)
    change = connecting_change(view.host, container, joined) if joined is not None else None
    if change is None:
        return
    internal = next((each for each in engine.networks if each.internal and each.name in _networks(container)), None)
    yield Candidate(
        title=message("Container {name} is on internal networks only", name=container.name),
        detail=detail,
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, networks=_networks(container), port=port),
        in_class="container-without-ports",
        evidence=(container.evidence,),
        side_effects=(message("the container can then reach the outside, too"),),
        configured=Configured(
            "network-option",
            option="--internal",
            owner=_networks(container),
            evidence=internal.evidence if internal is not None else "",
        ),
        advice=(message("compose: give the service a second network that is not internal"),),
    )


def _only_internal(view: View, container: Container) -> bool:
    internal = {each.name: each.internal for engine in view.host.engines for each in engine.networks}
    return bool(container.endpoints) and all(internal.get(each.network, False) for each in container.endpoints)


def _networks(container: Container) -> str:
    return ", ".join(each.network for each in container.endpoints)


CAUSE = Cause(
    id="container-on-internal-network-only",
    title=message("The container is on internal networks only"),
    source="moby: libnetwork/drivers/bridge/bridge.go: an internal network maps no ports",
    reasons=frozenset({"no-listener", "rule", "policy", "reject", "no-route", "no-neighbour"}),
    find=find,
)
