"""Finds the containers that a question is about.  Restarts of other containers do not affect the question, and their
simulation would take long on a large host."""

from collections.abc import Iterable

from hairpin.change.change import AddNamespace, Change, ChangeWorld, OfHost, SetContainer
from hairpin.host.docker import Container
from hairpin.network.flow import Flow
from hairpin.network.network import Network

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
