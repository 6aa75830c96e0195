"""``docker compose down; docker compose up``: the containers and networks of each project are removed and created
again.

A network gets a new id and a bridge with a new name.  If the compose file names no subnet, the network also gets
another subnet.  Users' rules with the old bridge or an old address stay, but no packet matches them.
"""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.change.change import DeleteLink, DeleteSocket
from hairpin.engines.docker.address_pools import Block, gives_lowest, is_of_pool, next_block
from hairpin.engines.docker.dockerd import expected
from hairpin.engines.docker.gateway_bridge import with_gateway_endpoints
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.bridging import lacks_bridge, new_bridge
from hairpin.engines.repair.restoring import restoring
from hairpin.events.course import Course
from hairpin.events.engines._containers import with_container_first_started
from hairpin.events.engines.containers import with_container_removed, with_successor_started
from hairpin.events.event import Event
from hairpin.events.firewalls.iptables import deleting, key_of
from hairpin.host.docker import Container, DockerNetwork, Engine, Subnet
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.attachment import gateway_of
from hairpin.network.prefix import prefix_text

_replace = msgspec.structs.replace
_ID_DIGITS = 12


def _all_recreated(course: Course) -> Course | None:
    """Return the course after each project was taken down and brought up; None if no Compose project runs."""
    running = [each for each in course.host.containers() if each.project and each.running and not each.is_task]
    projects = dict.fromkeys(each.project for each in running)
    for project in projects:
        course = _recreated(course, project)
    return course if projects else None


def _recreated(course: Course, project: str) -> Course:
    was = course.host
    own = [each for each in was.containers() if each.project == project]
    for each in own:
        course = with_container_removed(course, each) if each.running else course
    for network in _networks(was, project):
        course = _removed(course, network)
    for network in _networks(was, project):
        course = _made(course, was, network)
    for each in sorted(own, key=lambda one: one.started_at):
        if each.running:
            course = with_successor_started(course, was, each)
        elif each.bindings:
            course = with_container_first_started(course, each)
    return course


def _networks(host: Host, project: str) -> Iterator[DockerNetwork]:
    """Yield the project's networks whose bridges dockerd makes, in the order of the bridges' interface indexes.
    Networks of Podman are not yielded, because Podman makes and removes their bridges together with containers."""
    indices = {each.name: each.index for each in host.namespace(host.netns.name).links}
    for engine in host.engines:
        if engine.kind == "docker" and not engine.rootless:
            own = (each for each in engine.networks if each.project == project and each.driver == "bridge")
            yield from sorted(own, key=lambda each: indices.get(each.bridge or "", 0))


# ---- down ---------------------------------------------------------------------------------------------------------


def _removed(course: Course, network: DockerNetwork) -> Course:
    """Return the course without the network, its rules, its bridge and the listeners on its gateway address."""
    engine = next(each for each in course.host.engines if any(one.id == network.id for one in each.networks))
    left = _replace(engine, networks=tuple(each for each in engine.networks if each.id != network.id))
    before, after = (expected(with_gateway_endpoints(course.host, each), course.namespace) for each in (engine, left))
    stay = {key_of(one) for one in after.rules}
    course = course.made(*deleting(course, before, {key_of(one) for one in before.rules if one.network} - stay))
    gateways = {(each.version, gateway_of(each)) for each in network.subnets}
    held = (each for each in course.namespace.sockets if (each.version, each.address) in gateways)
    course = course.made(*(DeleteSocket(course.host.netns, each) for each in held))
    if not lacks_bridge(course.host, network):
        course = course.made(DeleteLink(course.host.netns, network.bridge or ""))
    return course.with_host(course.host.with_engine(left))


# ---- up -----------------------------------------------------------------------------------------------------------


def _made(course: Course, was: Host, network: DockerNetwork) -> Course:
    """Return the course with the network that replaces the old one.  ``was``: the host before the project's networks
    were removed."""
    engine = next(each for each in course.host.engines if each.kind == "docker" and not each.rootless)
    subnets: list[Subnet] = []
    for each in network.subnets:
        if _is_chosen(course.host, engine, network, each):
            subnets.append(each)
            continue
        block = next_block(engine, course.namespace, _last(engine, was))
        if block is None:
            return course.failing(message("dockerd has no free subnet for the network {name}", name=network.name))
        subnets.append(Subnet(4, *block, gateway=block[0] + 1))
        if not gives_lowest(engine):
            course = course.provided(
                message("dockerd gives the network {name} the subnet {subnet}", name=network.name,
                        subnet=prefix_text(block[0], block[1], 4))
            )  # fmt: skip
    made = _renewed(network, tuple(subnets))
    now = _replace(engine, networks=(*engine.networks, made), containers=tuple(_rejoined(engine.containers, made)))
    course = course.with_host(course.host.with_engine(now))
    course = course.made(*new_bridge(course.host, now, made))
    lost = missing_of(course.host, now)
    rules = [one for one in lost.rules if one.network == made.name]
    return course.made(*restoring(course.host.netns, course.namespace, lost, (), rules).parts)


def _is_chosen(host: Host, engine: Engine, network: DockerNetwork, subnet: Subnet) -> bool:
    """Return whether the compose file chooses the network's subnet, or an address in that subnet."""
    ends = (end for each in host.containers() for end in each.endpoints if end.network == network.name)
    fixed = any(end.fixed4 is not None for end in ends)
    return fixed or subnet.part is not None or not is_of_pool(engine, subnet)


def _last(engine: Engine, was: Host) -> Block | None:
    """Return the highest address block of the engine's networks, including removed networks.  hairpin presumes that the
    engine gave this block last."""
    own = (one for one in was.engines if (one.kind, one.user) == (engine.kind, engine.user))
    known = (*engine.networks, *(each for one in own for each in one.networks))
    blocks = ((one.network, one.prefix_length) for each in known for one in each.subnets if is_of_pool(engine, one))
    return max(blocks, default=None)


def _renewed(network: DockerNetwork, subnets: tuple[Subnet, ...]) -> DockerNetwork:
    number = hashlib.sha256(network.id.encode()).hexdigest()
    by_id = network.bridge == f"br-{network.id[:_ID_DIGITS]}"
    bridge = f"br-{number[:_ID_DIGITS]}" if by_id else network.bridge
    return _replace(network, id=number, bridge=bridge, subnets=subnets)


def _rejoined(containers: Iterable[Container], made: DockerNetwork) -> Iterator[Container]:
    for each in containers:
        ends = (_replace(end, network_id=made.id) if end.network == made.name else end for end in each.endpoints)
        yield _replace(each, endpoints=tuple(ends))


COMPOSE_RECREATE = Event(
    id="compose-recreate",
    title=message("the projects of Compose are taken down and brought up again (`compose down; compose up`)"),
    source="docker compose down, docker compose up; moby libnetwork/controller.go NewNetwork(), ipam/allocator.go",
    happens=_all_recreated,
)
