"""Containers are stopped, restarted or recreated: the container named after the event id's colon, or all running
containers if there is no name.

A container that is recreated with the same options has a new id, and all names that are derived from the id are new.
"""

import hashlib
from collections.abc import Collection

import msgspec

from hairpin.events.course import Course
from hairpin.events.engines._containers import (
    ended,
    with_container_ended,
    with_container_started,
    with_containers_ended,
)
from hairpin.events.event import ByName, Event
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.host import Host, Namespace
from hairpin.message import message

_replace = msgspec.structs.replace
_SHORT = 12
"""The number of digits of a container's id that ``docker ps`` shows."""


def with_container_recreated(course: Course, container: Container) -> Course:
    """Return the course after the running container was removed and run again with the same options.

    The new container's programs, published ports and chosen addresses come from these options.  If the options choose
    no address, the new container gets a free address.  Containers that shared the old container's namespace stay in
    this namespace.  The old container's namespace has lost its links.
    """
    return with_successor_started(with_container_removed(course, container), course.host, container)


def with_container_removed(course: Course, container: Container) -> Course:
    """Return the course in which the container has ended and its successor with another id does not run yet."""
    course = with_container_ended(course, container)
    return course.with_host(_renumbered(course.host, container, ended(successor(container))))


def with_successor_started(course: Course, was: Host, container: Container) -> Course:
    """Return the course in which the container's successor runs.  ``was``: the host while the container ran."""
    if len(container.endpoints) > 1 and not container.service:
        networks = ", ".join(each.network for each in container.endpoints)
        course = course.provided(
            message("the new {name} is connected to {networks}, as the old one was", name=container.name,
                    networks=networks)
        )  # fmt: skip
    made = _joining_successor(course.host, successor(container))
    return with_container_started(course, _renumbered(was, container, made), made)


def _joining_successor(host: Host, container: Container) -> Container:
    """Return the container, which shares another container's network.

    If the other container was recreated, too, the returned container has the other container's new id.  The container's
    options name the other container by name."""
    known = container.joined
    number = _number_after(known)
    if not known or host.container(known) is not None or host.container(number) is None:
        return container
    return _replace(container, network_mode=f"container:{number}")


def _number_after(known: str) -> str:
    return hashlib.sha256(known.encode()).hexdigest()


def successor(container: Container) -> Container:
    """Return the container with a new id that no container has.

    The id that the engine will choose is not known in advance."""
    number = _number_after(container.id)
    known = container.id[:_SHORT]

    def named(alias: str) -> str:
        return number[:_SHORT] if alias == known else alias

    ends = tuple(_replace(each, aliases=tuple(map(named, each.aliases))) for each in container.endpoints)
    return _replace(container, id=number, endpoints=ends, restart_count=0, error="", oom_killed=False)


def _renumbered(host: Host, container: Container, made: Container) -> Host:
    """Return the host in which ``made`` replaces the container."""
    return _replace(
        host,
        engines=tuple(_with_successor(each, container, made) for each in host.engines),
        namespaces=tuple(_of_successor(each, container.id, made.id) for each in host.namespaces),
    )


def _with_successor(engine: Engine, container: Container, made: Container) -> Engine:
    if all(each.id != container.id for each in engine.containers):
        return engine
    return _replace(
        engine,
        containers=tuple(made if each.id == container.id else each for each in engine.containers),
        networks=tuple(_joined_by(each, container.id, made.id) for each in engine.networks),
    )


def _joined_by(network: DockerNetwork, known: str, number: str) -> DockerNetwork:
    gateways = tuple((number if owner == known else owner, end) for owner, end in network.gateways)
    return network if gateways == network.gateways else _replace(network, gateways=gateways)


def _of_successor(namespace: Namespace, known: str, number: str) -> Namespace:
    """Return the namespace in which the container's sockets belong to the container's successor."""
    if all(each.container != known for each in namespace.sockets):
        return namespace
    sockets = tuple(_replace(each, container=number) if each.container == known else each for each in namespace.sockets)
    return _replace(namespace, sockets=sockets)


# ---- the events ---------------------------------------------------------------------------------------------------


def _running(course: Course, name: str) -> list[Container]:
    """Return the running container of this name.  If the name is empty, return all running containers."""
    return [each for each in course.host.containers() if each.running and name in ("", each.name)]


def _owners_first(containers: list[Container]) -> list[Container]:
    """Return the containers in their order.  Containers that share another container's network come last."""
    return sorted(containers, key=lambda each: bool(each.joined))


def _stopped(course: Course, name: str = "") -> Course | None:
    """Return the course after the container was stopped; None if no running container has this name."""
    stopping = _running(course, name)
    return with_containers_ended(course, stopping) if stopping else None


def _restarted(course: Course, name: str = "") -> Course | None:
    """Return the course after the container has stopped and started; None if no running container has this name."""
    return _some_restarted(course, [each.name for each in _running(course, name)])


def _some_restarted(course: Course, names: Collection[str]) -> Course | None:
    """Return the course after these containers have stopped and started, one after another; None if none of them runs.

    A container's namespace is new, so users' changes in its old namespace are lost.  The container gets the first free
    address.  A container that shares another container's network is restarted after that container."""
    was, restarting = course.host, _owners_first([each for each in _running(course, "") if each.name in names])
    for each in restarting:
        course = with_container_started(with_container_ended(course, each), was, each)
    return course if restarting else None


def _recreated(course: Course, name: str = "") -> Course | None:
    """Return the course after the container was recreated (``docker rm -f NAME; docker run …``, an update of its image
    by Watchtower or by hand); None if no running container has this name.

    Users' rules for the old address, and changes inside the old container, do not apply to the new container."""
    recreating = _owners_first(_running(course, name))
    for each in recreating:
        course = with_container_recreated(course, course.host.container(each.id) or each)
    return course if recreating else None


CONTAINER_STOP = Event(
    id="container-stop",
    title=message("containers are stopped"),
    source="docker-stop(1), podman-stop(1)",
    happens=_stopped,
    by_name=ByName("container", _stopped),
)
CONTAINER_RESTART = Event(
    id="container-restart",
    title=message("containers are restarted"),
    source="docker-restart(1), podman-restart(1)",
    happens=_restarted,
    by_name=ByName("container", _restarted, _some_restarted),
)
CONTAINER_RECREATE = Event(
    id="container-recreate",
    title=message("containers are removed and run again with the same options"),
    source="docker-rm(1), docker-run(1); moby daemon/create.go, libnetwork/ipam/allocator.go",
    happens=_recreated,
    by_name=ByName("container", _recreated),
)
