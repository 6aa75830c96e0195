"""Containers are stopped, restarted, and removed and run again: of the name behind the colon, else all that run.

A container that is run again with the same options has a new id, and all that goes by the id is new.
"""

import hashlib

import msgspec

from hairpin.events.course import Course
from hairpin.events.engines._containers import (
    ended,
    with_container_ended,
    with_container_started,
    with_containers_ended,
)
from hairpin.events.event import ByItself, ByName, Event
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.host import Host, Namespace
from hairpin.message import message

_replace = msgspec.structs.replace
_SHORT = 12
"""How many digits of its id an engine gives a container as a name."""


def with_container_recreated(course: Course, container: Container) -> Course:
    """Return the course after the running container was removed and run again with the same options.

    Its programs, its published ports and a chosen address are of these options; its other address is one that is free
    then.  Containers that use its network stay in the namespace that has lost its link.
    """
    return with_successor_started(with_container_removed(course, container), course.host, container)


def with_container_removed(course: Course, container: Container) -> Course:
    """Return the course in which the container has ended and its successor, which has another id, does not run yet."""
    course = with_container_ended(course, container)
    return course.with_host(_renumbered(course.host, container, ended(successor(container))))


def with_successor_started(course: Course, was: Host, container: Container) -> Course:
    """Return the course in which the container's successor runs.  ``was``: the host when the container ran."""
    if len(container.endpoints) > 1 and not container.service:
        networks = ", ".join(each.network for each in container.endpoints)
        course = course.provided(
            message("the new {name} is connected to {networks}, as the old one was", name=container.name,
                    networks=networks)
        )  # fmt: skip
    made = successor(container)
    return with_container_started(course, _renumbered(was, container, made), made)


def successor(container: Container) -> Container:
    """Return the container with another id, which nobody can know before: one that no container has."""
    number = hashlib.sha256(container.id.encode()).hexdigest()
    known = container.id[:_SHORT]

    def named(alias: str) -> str:
        return number[:_SHORT] if alias == known else alias

    ends = tuple(_replace(each, aliases=tuple(map(named, each.aliases))) for each in container.endpoints)
    return _replace(container, id=number, endpoints=ends, restart_count=0, error="", oom_killed=False)


def _renumbered(host: Host, container: Container, made: Container) -> Host:
    """Return the host in which ``made`` stands in the container's place."""
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
    """Return the namespace whose sockets of the container are its successor's."""
    if all(each.container != known for each in namespace.sockets):
        return namespace
    sockets = tuple(_replace(each, container=number) if each.container == known else each for each in namespace.sockets)
    return _replace(namespace, sockets=sockets)


# ---- the events ---------------------------------------------------------------------------------------------------


def _running(course: Course, name: str) -> list[Container]:
    """Return the container of this name, or of an empty name all, if they run."""
    return [each for each in course.host.containers() if each.running and name in ("", each.name)]


def _stopped(course: Course, name: str = "") -> Course | None:
    """Return the course without the container; None if no such container runs."""
    stopping = _running(course, name)
    return with_containers_ended(course, stopping) if stopping else None


def _restarted(course: Course, name: str = "") -> Course | None:
    """Return the course after the container has ended and started; None if no such container runs.

    Its namespace is made anew: what somebody has changed in there is gone.  It gets the first free address."""
    was, restarting = course.host, _running(course, name)
    for each in restarting:
        course = with_container_started(with_container_ended(course, each), was, each)
    return course if restarting else None


def _recreated(course: Course, name: str = "") -> Course | None:
    """Return the course after the container was made anew (``docker rm -f NAME; docker run …``, an update of its image
    by Watchtower or by hand); None if no such container runs.

    Rules that somebody has made with the old address, and what was changed inside, are not carried over."""
    recreating = _running(course, name)
    for each in recreating:
        course = with_container_recreated(course, each)
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
    by_name=ByName("container", _restarted),
    by_itself=ByItself(reach=40),
)
CONTAINER_RECREATE = Event(
    id="container-recreate",
    title=message("containers are removed and run again with the same options"),
    source="docker-rm(1), docker-run(1); moby daemon/create.go, libnetwork/ipam/allocator.go",
    happens=_recreated,
    by_name=ByName("container", _recreated),
)
