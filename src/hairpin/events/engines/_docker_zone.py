"""dockerd's firewalld zone: dockerd makes the zone when it first starts while firewalld runs, and binds its bridges to
that zone.

Source: moby libnetwork/iptables/firewalld.go setupDockerZone(), AddInterfaceFirewalld();
libnetwork/drivers/bridge/bridge_linux.go initStore()
"""

import msgspec

from hairpin.change.change import SetContainer
from hairpin.engines.docker.daemon import bound_elsewhere, unloaded_networks
from hairpin.errors import ParseError
from hairpin.events.course import Course
from hairpin.events.firewalls._firewalld import with_firewalld_reloaded
from hairpin.events.firewalls._zones import with_link_bound_again, with_links_bound
from hairpin.firewalls.permanent_files import permanent
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.managers import ConfigFile, FirewalldZone
from hairpin.message import message

_ZONE = "docker"
_FILE = ConfigFile("/etc/firewalld/zones/docker.xml", '<zone target="ACCEPT"><forward/></zone>')


def with_docker_zone(course: Course) -> Course:
    """Return the course after a starting dockerd has made its firewalld zone, if the zone does not exist yet.  After
    making the zone, dockerd reloads firewalld."""
    host = course.host
    if host.firewalld is None or not host.firewalld.running:
        return course
    try:
        if permanent(host).zone(_ZONE) is not None:
            return course
    except ParseError:
        return course
    zone = FirewalldZone(_ZONE, "ACCEPT", forward=True)
    known = msgspec.structs.replace(host.firewalld, permanent=(*host.firewalld.permanent, zone))
    made = msgspec.structs.replace(host, files=(*host.files, _FILE), firewalld=known)
    return with_firewalld_reloaded(course.with_host(made))


def with_conflict(course: Course, engine: Engine) -> Course:
    """Return the course, with a failure if the default network's bridge is in another zone than dockerd's zone.
    dockerd exits if its default bridge is in another zone.
    """
    firewalld = course.host.firewalld
    if firewalld is None or not firewalld.running:
        return course
    elsewhere = bound_elsewhere(course.host, engine)
    default = next((each.bridge for each in engine.networks if each.name == engine.traits.default_network), None)
    if default in elsewhere:
        said = message(
            "dockerd does not start: firewalld has {bridge} in a zone other than docker", bridge=default or ""
        )
        return course.failing(said)
    return course


def without_unloaded(course: Course, unloaded: tuple[DockerNetwork, ...]) -> Course:
    """Return the course with a failure for each network that dockerd does not load because of its bridge's zone."""
    said = (
        message(
            "dockerd does not load network {network}: firewalld has {bridge} in a zone other than docker",
            network=each.name,
            bridge=each.bridge or "",
        )
        for each in unloaded
    )
    return course.failing(*said)


def with_start_refused(course: Course, container: Container, joined: DockerNetwork) -> Course:
    """Return the course after dockerd has failed to start a container on a network that it has not loaded.  dockerd
    stores its error with the container.  Source: moby libnetwork/drivers/bridge/bridge.go getNetwork()"""
    said = f"failed to create endpoint {container.name} on network {joined.name}: network {joined.id} does not exist"
    now = course.host.container(container.id) or container
    return course.made(SetContainer(course.label, msgspec.structs.replace(now, error=said)))


def with_bridges_bound(course: Course, engine: Engine) -> Course:
    """Return the course after a starting dockerd has bound its bridges to its firewalld zone.  dockerd binds existing
    bridges in the order of their networks' ids.  dockerd makes the default network's bridge again, and binds that
    bridge last.  Bridges of other zones stay there."""
    own = [
        each for each in engine.networks if each.driver == "bridge" and not each.internal and each.bridge is not None
    ]
    left = unloaded_networks(course.host, engine)
    stored = sorted(
        (each for each in own if each not in left and each.name != engine.traits.default_network),
        key=lambda each: each.id,
    )
    if engine.iptables is False:
        return course
    course = with_links_bound(course, _ZONE, tuple(each.bridge for each in stored if each.bridge is not None))
    for each in own:
        if each.name == engine.traits.default_network and each.bridge is not None:
            course = with_link_bound_again(course, _ZONE, each.bridge)
    return course
