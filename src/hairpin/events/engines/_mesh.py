"""The namespaces that dockerd makes on a node of a swarm after a boot: one for the routing mesh, and one for each
overlay network."""

import re

import msgspec

from hairpin.change.change import SetSysctl
from hairpin.change.simulation.links import with_carrier_by
from hairpin.events.course import Course
from hairpin.host.docker import SWARM_BRIDGE, Engine
from hairpin.host.host import Host, Namespace
from hairpin.message import message
from hairpin.network.index import other_end

_SANDBOX = "netns:ingress_sbox"
_OF_NETWORK = re.compile(r"netns:\d+-(\w+)")
_LEADS_LOOPBACK = ("net", "ipv4", "conf", SWARM_BRIDGE, "route_localnet")
_replace = msgspec.structs.replace


def with_mesh_again(course: Course, was: Host, engine: Engine) -> Course:
    """Return the course after dockerd has made the swarm's namespaces again, with their links on the host.

    The links to containers come back with the containers.  ``was``: the host before the boot.  Source: moby v20.10.24
    daemon/network.go startIngressWorker(), libnetwork/drivers/overlay/ov_network.go initSandbox(),
    libnetwork/service_linux.go programIngress()"""
    again = {each.name for each in was.namespaces if _is_swarms(each, engine)}
    if not again or any(each.name in again for each in course.host.namespaces):
        return course
    made = [_fresh(was, was.namespace(name), again) for name in sorted(again)]
    own = course.namespace
    given = [each for each in was.namespace(was.netns.name).links if _peer(was, was.netns.name, each.name) in again]
    own = _replace(own, links=(*own.links, *given))
    for each in given:
        own = with_carrier_by(own, each)
    spaces = tuple(own if each.name == own.name else each for each in course.host.namespaces)
    course = course.with_host(_replace(course.host, namespaces=(*spaces, *made)))
    value = was.namespace(was.netns.name).sysctls.text(*_LEADS_LOOPBACK)
    if engine.mesh and value is not None:
        course = course.made(SetSysctl(course.host.netns, _LEADS_LOOPBACK, value))
    return course.provided(message("dockerd sets up the swarm's networks and its routing mesh as before"))


def _is_swarms(namespace: Namespace, engine: Engine) -> bool:
    found = _OF_NETWORK.fullmatch(namespace.name)
    overlays = (each.id for each in engine.networks if each.driver == "overlay")
    return namespace.name == _SANDBOX or (found is not None and any(each.startswith(found[1]) for each in overlays))


def _fresh(was: Host, before: Namespace, again: set[str]) -> Namespace:
    """Return the namespace as dockerd makes it: without the links to containers, which have ended."""
    kept = tuple(
        each
        for each in before.links
        if each.kind != "veth" or _peer(was, before.name, each.name) in again | {was.netns.name}
    )
    return _replace(before, links=kept, neighbours=(), connections=())


def _peer(was: Host, name: str, link: str) -> str | None:
    """Return the name of the namespace in which the other end of the veth is."""
    found = next((each for each in was.namespace(name).links if each.name == link and each.kind == "veth"), None)
    end = other_end(was, name, found) if found is not None else None
    return end[0] if end is not None else None
