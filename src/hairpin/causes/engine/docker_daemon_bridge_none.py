"""dockerd runs with ``bridge=none``, so it makes no default network, and containers made for the default network have
no network.

Users see: since dockerd was restarted, containers of the default network run but reach no other machine, ``docker ps``
shows none of their published ports, and ``docker0`` is gone.  Containers on user-defined networks work.

Proof: dockerd has no default network, and the container was made for no other network.  On a user-defined network,
clients would reach the container.
Now: recreate the container on a user-defined network (``docker network create``, ``--network``).
Lasting: name a network in the Compose file.  Or remove ``bridge`` from daemon.json, restart dockerd and recreate the
containers, because Docker has stored for each of them that its network is off (``NetworkDisabled``).
"""

from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.kit import Candidate, Cause, Iterator, OfNetwork, View, Way, message
from hairpin.change.change import Change
from hairpin.engines.docker.default_network import on_default_network
from hairpin.engines.repair.starting import PUBLISHES_NOTHING
from hairpin.host.boot.configured import of_engine_option
from hairpin.host.docker import Container, PortBinding
from hairpin.network.flow import FromContainer

_ANEW = message(
    "recreate such containers on a network of their own: docker network create NETWORK, then docker run --network "
    "NETWORK with their other options"
)
_UNDONE = message(
    "remove bridge=none, restart dockerd, and recreate the containers: if a container is only started again, its "
    "network stays switched off"
)


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container without a network that should publish the asked port, or that sends the
    packet."""
    for container, binding in at_host_port(view):
        if not binding.actual:
            yield from _without_network(view, container, binding)
    start = view.flow.start
    sender = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if sender is not None and not view.on_host and not view.in_reply:
        yield from _without_network(view, sender, next(iter(sender.bindings), PUBLISHES_NOTHING))


def _without_network(view: View, container: Container, binding: PortBinding) -> Iterator[Candidate]:
    engine = view.host.engine_of(container)
    if not engine.leaves_unconnected(container):
        return
    change = on_default_network(view.host, container, binding)
    if change is None:
        return
    yield Candidate(
        title=message("dockerd runs with bridge=none and makes no default network"),
        detail=message(
            "Containers that were made for the default network, such as {name}, have only a loopback link, and none of "
            "their ports is published. Connecting them to another network does not help: Docker has switched their "
            "network off for good.",
            name=container.name,
        ),
        change=change,
        where=OfNetwork(option="bridge=none", network=engine.traits.default_network),
        in_class="engine-option",
        evidence=(container.evidence, engine.evidence),
        configured=of_engine_option("bridge", "none", view.host),
        ways=(Way(Change(()), (_ANEW,), by_person=True), Way(Change(()), (_UNDONE,), by_person=True)),
        offered=False,
    )


CAUSE = Cause(
    title=message("dockerd runs with bridge=none"),
    source="moby: daemon/container_operations.go connectToNetwork(): DisableBridge sets NetworkDisabled",
    reasons=frozenset({"no-listener", "never-accepts", "no-route"}),
)
